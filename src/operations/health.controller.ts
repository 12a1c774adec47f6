import { Controller, Get, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { HealthCheck, type HealthCheckResult } from '@nestjs/terminus';
import { ApiErrors, PublicRoute } from '../http/index.js';
import { AliveResponse, ReadyResponse } from './health.response.js';
import { Readiness } from './readiness.js';

@ApiTags('operations')
@PublicRoute()
@Controller({ path: 'health', version: VERSION_NEUTRAL })
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  @ApiOperation({ summary: 'Is the process alive?', description: 'Asks nothing but itself.', security: [] })
  @ApiOkResponse({ type: AliveResponse, description: 'It is.' })
  live(): AliveResponse {
    return { status: 'ok' };
  }

  @Get('ready')
  @HealthCheck({ noCache: true, swaggerDocumentation: false })
  @ApiOperation({
    summary: 'Can it serve requests?',
    description: 'Asks the database, the object store and the queue, and says what the store cannot do.',
    security: [],
  })
  @ApiOkResponse({ type: ReadyResponse, description: 'All of them answer.' })
  @ApiErrors(503)
  ready(): Promise<HealthCheckResult> {
    return this.readiness.check();
  }
}
