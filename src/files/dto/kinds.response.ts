import { ApiProperty } from '@nestjs/swagger';
import { RetentionClass, type FileKind, type FileKinds } from '../../storage/index.js';

/** One kind of file, under the present configuration. */
export class KindResponse {
  @ApiProperty({ example: 'session-original' })
  kind!: string;

  @ApiProperty({ type: [String], example: ['.wav', '.mp3'], description: 'Of what may be sent.' })
  extensions!: string[];

  @ApiProperty({ type: [String], example: ['audio/wav', 'audio/mpeg'], description: 'Of what may be sent.' })
  contentTypes!: string[];

  @ApiProperty({
    type: [String],
    example: ['audio/wav', 'audio/mpeg'],
    description:
      'Of the stored files: others than those that may be sent where the service makes one out of the other.',
  })
  storedContentTypes!: string[];

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
  const { extensions, contentTypes, maxSizeBytes } = kinds.sendable(kind);
  return {
    kind: kind.name,
    extensions: [...extensions],
    contentTypes: [...contentTypes],
    storedContentTypes: [...kinds.acceptance({ kind }).contentTypes],
    maxSizeBytes,
    retentionClass: kind.retentionClass,
    linkable: kind.linkable,
    keyTemplate: kind.template.text,
  };
}
