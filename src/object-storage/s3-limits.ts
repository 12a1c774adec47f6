const GIBIBYTE = 1024 ** 3;

/** S3's own limits ("Amazon S3 multipart upload limits"). */
export const MAX_PARTS = 10_000;
export const MAX_PART_BYTES = 5 * GIBIBYTE;
/** The most that one CopyObject takes. */
export const MAX_COPY_BYTES = 5 * GIBIBYTE;
/** Keys in one DeleteObjects, entries on one page of a listing. */
export const MAX_PAGE = 1000;
/** Of presigned URLs and forms: seven days. */
export const MAX_PRESIGN_SECONDS = 604_800;
