import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** What every failed request is answered. */
export class ErrorResponse {
  @ApiProperty({ type: 'integer', example: 404 })
  statusCode!: number;

  @ApiProperty({ example: 'FILE_NOT_FOUND', description: 'Stable: branch on it.' })
  code!: string;

  @ApiProperty({
    example: 'There is no file 019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a.',
    description: 'What to do, for people.',
  })
  message!: string;

  @ApiProperty({ example: '0f8fad5b-d9cb-469f-a165-70867728950e', description: 'Finds the request in the log.' })
  requestId!: string;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'Facts a client can act on.' })
  details?: Record<string, unknown>;
}
