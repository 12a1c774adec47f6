import { IsOptional, Matches } from 'class-validator';
import { IsOutsideId } from '../../storage/index.js';
import { AsUpperCase, LANGUAGE_MESSAGE } from './export.params.js';

/** An export that is sent straight to the store. */
export class ExportOfDocument {
  @IsOutsideId()
  documentId!: string;

  @IsOptional()
  @AsUpperCase()
  @Matches(/^[A-Z]{2,3}$/, LANGUAGE_MESSAGE)
  language?: string;
}

/** One whose key names its language. */
export class SummaryOfDocument {
  @IsOutsideId()
  documentId!: string;

  @AsUpperCase()
  @Matches(/^[A-Z]{2,3}$/, LANGUAGE_MESSAGE)
  language!: string;
}
