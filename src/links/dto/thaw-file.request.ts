import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, Max, Min } from 'class-validator';
import { IfPresent } from '../../http/index.js';
import { ThawTier } from '../../storage/index.js';

/** How an archived file shall be thawed. */
export class ThawFileRequest {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 30,
    default: 7,
    description: 'Days for which it can be read then.',
  })
  @IfPresent()
  @IsInt()
  @Min(1)
  @Max(30)
  days = 7;

  @ApiPropertyOptional({
    enum: ThawTier,
    enumName: 'ThawTier',
    default: ThawTier.Standard,
    description:
      'S3 names them: Standard takes hours, Bulk up to two days and costs least, Expedited minutes and not of DEEP_ARCHIVE.',
  })
  @IfPresent()
  @IsIn(Object.values(ThawTier))
  tier: ThawTier = ThawTier.Standard;
}
