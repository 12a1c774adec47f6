import { ApiProperty } from '@nestjs/swagger';
import type { UploadTargets } from '../upload-targets.js';

/** Something that the body of `POST /v1/uploads` says besides name and size. */
export class UploadParameterResponse {
  @ApiProperty({ example: 'sessionId' })
  name!: string;

  @ApiProperty({ example: true })
  required!: boolean;
}

/** A kind of file that can be sent straight to the bucket. */
export class UploadKindResponse {
  @ApiProperty({ example: 'session-original' })
  kind!: string;

  @ApiProperty({ type: [UploadParameterResponse] })
  parameters!: readonly UploadParameterResponse[];
}

/** The kinds of files that can be sent straight to the bucket. */
export class UploadKindsResponse {
  @ApiProperty({ type: [UploadKindResponse] })
  items!: readonly UploadKindResponse[];
}

export function toUploadKindsResponse(targets: UploadTargets): UploadKindsResponse {
  return { items: targets.kindNames.map((kind) => ({ kind, parameters: targets.parametersOf(kind) })) };
}
