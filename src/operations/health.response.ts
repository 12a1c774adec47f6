import { ApiProperty } from '@nestjs/swagger';

const UP = { status: 'up' };

/** The process answers. */
export class AliveResponse {
  @ApiProperty({ example: 'ok' })
  status!: 'ok';
}

/** Everything the service needs answers. */
export class ReadyResponse {
  @ApiProperty({ example: 'ok' })
  status!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, example: { database: UP, store: UP, queue: UP } })
  info!: Record<string, unknown>;

  @ApiProperty({ type: 'object', additionalProperties: true, example: {} })
  error!: Record<string, unknown>;

  @ApiProperty({ type: 'object', additionalProperties: true, example: { database: UP, store: UP, queue: UP } })
  details!: Record<string, unknown>;
}
