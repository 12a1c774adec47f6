import { ApiProperty } from '@nestjs/swagger';
import { RetentionClass, type FileKind, type FileKinds } from '../../storage/index.js';

/** One kind of file, under the present configuration. */
export class KindResponse {
  @ApiProperty({ example: 'session-original' })
  kind!: string;

  @ApiProperty({ type: [String], example: ['.wav', '.mp3'] })
  extensions!: string[];

  @ApiProperty({ type: [String], example: ['audio/wav', 'audio/mpeg'] })
  contentTypes!: string[];

  @ApiProperty({ type: 'integer', format: 'int64', example: 524_288_000, description: 'Bytes.' })
  maxSizeBytes!: number;

  @ApiProperty({ enum: RetentionClass, enumName: 'RetentionClass', example: RetentionClass.Original })
  retentionClass!: RetentionClass;

  @ApiProperty({ example: true, description: 'Whether links may be handed out.' })
  linkable!: boolean;

  @ApiProperty({ example: '{type}-files/sessions/session-{sessionId}/original/{timestamp}_{filename}' })
  keyTemplate!: string;
}

/** Every kind of file the service knows. */
export class KindsResponse {
  @ApiProperty({ type: [KindResponse] })
  items!: KindResponse[];
}

export function toKindsResponse(kinds: FileKinds): KindsResponse {
  return { items: kinds.all.map((kind) => toKindResponse(kind, kinds)) };
}

function toKindResponse(kind: FileKind, kinds: FileKinds): KindResponse {
  const { extensions, contentTypes, maxSizeBytes } = kinds.acceptance({ kind });
  return {
    kind: kind.name,
    extensions: [...extensions],
    contentTypes: [...contentTypes],
    maxSizeBytes,
    retentionClass: kind.retentionClass,
    linkable: kind.linkable,
    keyTemplate: kind.template.text,
  };
}
