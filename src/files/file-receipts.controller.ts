import { Controller, Get, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { RequireScopes, Scope } from '../auth/index.js';
import { ApiErrors } from '../http/index.js';
import { FileIdParam } from './dto/file-id.param.js';
import { ReceiptResponse, toReceiptResponse } from './dto/receipt.response.js';
import { FilesService } from './files.service.js';

@ApiTags('files')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@ApiErrors(401, 403, 503)
@Controller('files')
export class FileReceiptsController {
  constructor(private readonly files: FilesService) {}

  @Get(':id/receipt')
  @RequireScopes(Scope.FilesRead)
  @ApiOperation({
    summary: 'Say what was received of a file, and who verified it when',
    description:
      'Of a stored file, or one in the trash. Files of which nobody verified a checksum have an empty list of them.',
  })
  @ApiOkResponse({ type: ReceiptResponse })
  @ApiErrors(400, 404, 409)
  async receipt(@Param() { id }: FileIdParam): Promise<ReceiptResponse> {
    return toReceiptResponse(await this.files.getReceived(id));
  }
}
