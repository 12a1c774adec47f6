import { ApiProperty } from '@nestjs/swagger';

const UP = { status: 'up' };
const ALL_UP = { database: UP, store: UP, queue: UP, storeAbilities: { ...UP, probed: true, missing: ['lifecycle'] } };

/** The process answers. */
export class AliveResponse {
  @ApiProperty({ example: 'ok' })
  status!: 'ok';
}

/** Everything the service needs answers. */
export class ReadyResponse {
  @ApiProperty({ example: 'ok' })
  status!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, example: ALL_UP })
  info!: Record<string, unknown>;

  @ApiProperty({ type: 'object', additionalProperties: true, example: {} })
  error!: Record<string, unknown>;

  @ApiProperty({ type: 'object', additionalProperties: true, example: ALL_UP })
  details!: Record<string, unknown>;
}
