import { IsIn, IsOptional } from 'class-validator';
import { FormatFamily, IsOutsideId } from '../../storage/index.js';
import { AssetCategory } from '../session-kinds.js';

/** What an original says of itself that is sent straight to the store. */
export class OriginalParameters {
  @IsOutsideId()
  sessionId!: string;

  @IsIn(Object.values(FormatFamily), { message: `type must be one of ${Object.values(FormatFamily).join(', ')}` })
  type: FormatFamily = FormatFamily.Audio;
}

export class AssetParameters {
  @IsOutsideId()
  sessionId!: string;

  @IsIn(Object.values(AssetCategory), { message: `category must be one of ${Object.values(AssetCategory).join(', ')}` })
  category!: AssetCategory;
}

export class ClipParameters {
  @IsOutsideId()
  sessionId!: string;

  @IsOutsideId()
  quoteId!: string;
}

export class ManualUploadParameters {
  @IsOptional()
  @IsOutsideId()
  uploadId?: string;
}
