import { FileKind, FormatFamily, RetentionClass } from '../storage/index.js';

/** What waits for the rest of its upload, its processing or its collection, and then goes. */
export const temporary = new FileKind({
  name: 'temporary',
  keyTemplate: 'temp/{area}/{id}/{filename}',
  ifTaken: 'suffix',
  accepts: [FormatFamily.Audio, FormatFamily.Video, FormatFamily.Image, FormatFamily.Document],
  retentionClass: RetentionClass.Temporary,
  linkable: false,
});
