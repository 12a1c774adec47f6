export { FileListResponse, toFileListResponse } from './dto/file-list.response.js';
export { PageQuery } from './dto/list-files.query.js';
export { FileListing, type FilePage } from './file-listing.js';
export { ListingModule } from './listing.module.js';
