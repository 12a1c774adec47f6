export { GrantRequest } from './dto/create-link.request.js';
export { LinkResponse, toLinkResponse } from './dto/link.response.js';
export { FileContent } from './file-content.js';
export { LinkLedger } from './link-ledger.js';
export { assertNotEnded, linkSeconds } from './link-life.js';
export { LinksModule } from './links.module.js';
export { LinksService } from './links.service.js';
