import { ApiProperty } from '@nestjs/swagger';
import { AvailabilityState } from '../../storage/index.js';

/** Whether the bytes can be read at once, or have to be thawed first. */
export class AvailabilityResponse {
  @ApiProperty({ enum: AvailabilityState, enumName: 'AvailabilityState', example: AvailabilityState.Available })
  state!: AvailabilityState;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    nullable: true,
    example: null,
    description: 'Of a thawed file: when it is archived again.',
  })
  until!: Date | null;
}
