import { Module } from '@nestjs/common';
import { MediaProcess } from './media-process.js';
import { ProbeStep, WaveformStep } from './recording-steps.js';

/** The steps that recordings go through. */
@Module({
  providers: [{ provide: MediaProcess, useFactory: () => new MediaProcess() }, ProbeStep, WaveformStep],
})
export class RecordingsModule {}
