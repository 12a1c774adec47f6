import { Controller, Get, Header, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProduces, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { RequireScopes, Scope } from '../auth/index.js';
import { ApiErrors } from '../http/index.js';
import { Metrics } from '../metrics/index.js';

@ApiTags('operations')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(401, 403, 503)
@Controller({ path: 'metrics', version: VERSION_NEUTRAL })
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @RequireScopes(Scope.MetricsRead)
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiOperation({ summary: 'What this process counts', description: "Prometheus' text format." })
  @ApiProduces('text/plain')
  @ApiOkResponse({
    schema: { type: 'string', example: 'catalyst_uploads_total{kind="session-original",outcome="stored"} 1' },
  })
  read(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
