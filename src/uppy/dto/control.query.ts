import { IsString, IsUUID, Matches, MaxLength } from 'class-validator';

/** The id of an upload of ours. */
export class ControlParam {
  @IsUUID()
  id!: string;
}

/** The permission that a control request carries. */
export class ControlQueryDto {
  @IsString()
  @MaxLength(64)
  principal!: string;

  @IsString()
  @MaxLength(16)
  kind!: string;

  @Matches(/^\d{1,12}$/)
  expires!: string;

  @IsString()
  @MaxLength(128)
  signature!: string;
}
