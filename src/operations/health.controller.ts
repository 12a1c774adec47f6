import { Controller, Get, HttpException, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { HealthCheck, HealthCheckService, HealthIndicatorService, type HealthCheckResult } from '@nestjs/terminus';
import { ApiErrors, PublicRoute } from '../http/index.js';
import { DatabaseHealth } from '../database/index.js';
import { ProcessingQueue } from '../processing/index.js';
import { ObjectStorage } from '../storage/index.js';
import { AliveResponse, ReadyResponse } from './health.response.js';
import { NotReadyError } from './not-ready.error.js';
import { withinSeconds } from './within-seconds.js';

const PATIENCE_SECONDS = 5;

@ApiTags('operations')
@PublicRoute()
@Controller({ path: 'health', version: VERSION_NEUTRAL })
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly database: DatabaseHealth,
    private readonly storage: ObjectStorage,
    private readonly queue: ProcessingQueue,
  ) {}

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
    description: 'Asks the database, the object store and the queue.',
    security: [],
  })
  @ApiOkResponse({ type: ReadyResponse, description: 'All of them answer.' })
  @ApiErrors(503)
  async ready(): Promise<HealthCheckResult> {
    const result = this.health.check([
      () => this.ask('database', () => this.database.ping()),
      () => this.ask('store', () => this.storage.check()),
      () => this.ask('queue', () => this.queue.depth()),
    ]);
    return result.catch((cause: unknown) => {
      throw notReady(cause);
    });
  }

  private async ask(name: string, question: () => Promise<unknown>) {
    const indicator = this.indicators.check(name);
    try {
      await withinSeconds(PATIENCE_SECONDS, question());
      return indicator.up();
    } catch (error) {
      return indicator.down({ message: publicReason(error) });
    }
  }
}

/** Terminus throws its result inside an HTTP exception. */
function notReady(cause: unknown): unknown {
  const result: unknown = cause instanceof HttpException ? cause.getResponse() : undefined;
  if (typeof result !== 'object' || result === null || !('details' in result)) return cause;
  return new NotReadyError(result.details as Record<string, unknown>, { cause });
}

/** A code or a plain word: what an error says in full may name hosts, and this route is open to all. */
function publicReason(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string')
    return error.code;
  return 'no answer';
}
