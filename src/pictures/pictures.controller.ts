import { Controller, Delete, Get, HttpCode, Param, Put, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CurrentActor, type Actor } from '../auth/index.js';
import { ApiErrors } from '../http/index.js';
import { PutsPicture, ReadsPicture, RemovesPicture } from './api-picture.decorators.js';
import { PictureOwnerParam } from './dto/picture.params.js';
import { PictureResponse, toPictureResponse } from './dto/picture.response.js';
import { organizationPicture, stakeholderPicture, userPicture } from './picture-place.js';
import { PictureUploads } from './picture-uploads.js';
import { PicturesService } from './pictures.service.js';

@ApiTags('pictures')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(400, 401, 403, 503)
@Controller()
export class PicturesController {
  constructor(
    private readonly uploads: PictureUploads,
    private readonly pictures: PicturesService,
  ) {}

  @Put('users/:id/avatar')
  @PutsPicture(
    'Set the avatar of a user',
    'It becomes a square around what draws the eye, as JPEG on white: 512 and 128 pixels wide, or less where it is smaller.',
  )
  async putUserAvatar(
    @Param() { id }: PictureOwnerParam,
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<PictureResponse> {
    return toPictureResponse(await this.uploads.receive({ request, response }, { place: userPicture(id), actor }));
  }

  @Get('users/:id/avatar')
  @ReadsPicture('Read the avatar of a user')
  async getUserAvatar(@Param() { id }: PictureOwnerParam): Promise<PictureResponse> {
    return toPictureResponse(await this.pictures.get(userPicture(id)));
  }

  @Delete('users/:id/avatar')
  @HttpCode(204)
  @RemovesPicture('Delete the avatar of a user')
  async deleteUserAvatar(@Param() { id }: PictureOwnerParam, @CurrentActor() actor: Actor): Promise<void> {
    await this.pictures.remove(userPicture(id), actor);
  }

  @Put('stakeholders/:id/avatar')
  @PutsPicture(
    'Set the avatar of a stakeholder',
    'It becomes a square around what draws the eye, as JPEG on white: 512 and 128 pixels wide, or less where it is smaller.',
  )
  async putStakeholderAvatar(
    @Param() { id }: PictureOwnerParam,
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<PictureResponse> {
    return toPictureResponse(
      await this.uploads.receive({ request, response }, { place: stakeholderPicture(id), actor }),
    );
  }

  @Get('stakeholders/:id/avatar')
  @ReadsPicture('Read the avatar of a stakeholder')
  async getStakeholderAvatar(@Param() { id }: PictureOwnerParam): Promise<PictureResponse> {
    return toPictureResponse(await this.pictures.get(stakeholderPicture(id)));
  }

  @Delete('stakeholders/:id/avatar')
  @HttpCode(204)
  @RemovesPicture('Delete the avatar of a stakeholder')
  async deleteStakeholderAvatar(@Param() { id }: PictureOwnerParam, @CurrentActor() actor: Actor): Promise<void> {
    await this.pictures.remove(stakeholderPicture(id), actor);
  }

  @Put('organizations/:id/logo')
  @PutsPicture(
    'Set the logo of an organisation',
    'It is fitted whole into squares of 512 and 128 pixels, transparent around it, as PNG, and never enlarged.',
  )
  async putOrganizationLogo(
    @Param() { id }: PictureOwnerParam,
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<PictureResponse> {
    return toPictureResponse(
      await this.uploads.receive({ request, response }, { place: organizationPicture(id), actor }),
    );
  }

  @Get('organizations/:id/logo')
  @ReadsPicture('Read the logo of an organisation')
  async getOrganizationLogo(@Param() { id }: PictureOwnerParam): Promise<PictureResponse> {
    return toPictureResponse(await this.pictures.get(organizationPicture(id)));
  }

  @Delete('organizations/:id/logo')
  @HttpCode(204)
  @RemovesPicture('Delete the logo of an organisation')
  async deleteOrganizationLogo(@Param() { id }: PictureOwnerParam, @CurrentActor() actor: Actor): Promise<void> {
    await this.pictures.remove(organizationPicture(id), actor);
  }
}
