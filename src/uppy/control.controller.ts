import { Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res, UseFilters } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { PublicRoute, RawBody, S3ErrorFilter, XML } from '../http/index.js';
import { ControlRequests, type ControlRequest } from './control-requests.js';
import { ControlParam, ControlQueryDto } from './dto/control.query.js';

/** Where the URLs of POST /v1/s3/sign lead that are not the store's: S3's requests, in S3's words. The signature is the permission. */
@ApiExcludeController()
@PublicRoute()
@RawBody()
@UseFilters(S3ErrorFilter)
@Controller('s3/control')
export class ControlController {
  constructor(private readonly control: ControlRequests) {}

  @Post(':id/create')
  @HttpCode(200)
  async create(
    @Param() { id }: ControlParam,
    @Query() query: ControlQueryDto,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    sendXml(response, await this.control.create(toControlRequest(id, query, request)));
  }

  @Get(':id/parts')
  async parts(
    @Param() { id }: ControlParam,
    @Query() query: ControlQueryDto,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    sendXml(response, await this.control.parts(toControlRequest(id, query, request)));
  }

  @Post(':id/complete')
  @HttpCode(200)
  async complete(
    @Param() { id }: ControlParam,
    @Query() query: ControlQueryDto,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    sendXml(response, await this.control.complete(toControlRequest(id, query, request), request));
  }

  @Delete(':id')
  @HttpCode(204)
  async abort(@Param() { id }: ControlParam, @Query() query: ControlQueryDto, @Req() request: Request): Promise<void> {
    await this.control.abort(toControlRequest(id, query, request));
  }
}

function toControlRequest(id: string, query: ControlQueryDto, request: Request): ControlRequest {
  return {
    id,
    query,
    from: {
      ...(typeof request.id === 'string' && { requestId: request.id }),
      ...(request.ip !== undefined && { address: request.ip }),
    },
  };
}

/** Without a charset, which Express would add. */
function sendXml(response: Response, xml: string): void {
  response.setHeader('Content-Type', XML);
  response.setHeader('Cache-Control', 'no-store');
  response.end(xml);
}
