import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { RequireScopes, Scope } from '../auth/index.js';
import { ApiErrors } from '../http/index.js';
import { UsagePageQuery, UsageQuery } from './dto/usage.query.js';
import { toUsageListResponse, toUsageResponse, UsageListResponse, UsageResponse } from './dto/usage.response.js';
import { UsageScope, UsageService } from './usage.service.js';

@ApiTags('usage')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 503)
@Controller('usage')
export class UsageController {
  constructor(private readonly usage: UsageService) {}

  @Get()
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({
    summary: 'Say how much an owner or a session has',
    description: 'Exact as of one moment, and costs the same however many files there are. Zeros where there are none.',
  })
  @ApiOkResponse({ type: UsageResponse })
  async get(@Query() query: UsageQuery): Promise<UsageResponse> {
    return toUsageResponse(await this.usage.get(query));
  }

  @Get('owners')
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({ summary: 'Say how much each owner has', description: 'In the order of their ids.' })
  @ApiOkResponse({ type: UsageListResponse })
  async owners(@Query() page: UsagePageQuery): Promise<UsageListResponse> {
    return toUsageListResponse(await this.usage.list(UsageScope.Owner, page));
  }

  @Get('sessions')
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({ summary: 'Say how much each session has', description: 'In the order of their ids.' })
  @ApiOkResponse({ type: UsageListResponse })
  async sessions(@Query() page: UsagePageQuery): Promise<UsageListResponse> {
    return toUsageListResponse(await this.usage.list(UsageScope.Session, page));
  }
}
