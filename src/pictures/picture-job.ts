/** How a picture is made to fit. `avatar`: a square JPEG on white. `logo`: the whole in a square PNG, transparent around it. */
export const PictureShape = { Avatar: 'avatar', Logo: 'logo' } as const;
export type PictureShape = (typeof PictureShape)[keyof typeof PictureShape];

/** The child's one argument, as JSON. Its standard input is the picture. */
export interface PictureJob {
  readonly shape: PictureShape;
  readonly maxPixels: number;
}

/** Why there are no pictures. */
export const PictureFaultCode = { Unreadable: 'unreadable', TooLarge: 'too-large' } as const;
export type PictureFaultCode = (typeof PictureFaultCode)[keyof typeof PictureFaultCode];

/** One picture of an answer; its bytes follow the answer's line, in the order of the fields. */
export interface PictureFacts {
  readonly width: number;
  readonly height: number;
  readonly sizeBytes: number;
}

/** The first line of JSON that the child writes to its standard output. */
export type PictureReport =
  | { readonly type: 'pictures'; readonly main: PictureFacts; readonly thumbnail: PictureFacts }
  | { readonly type: 'fault'; readonly code: PictureFaultCode; readonly message: string };

export interface RenderedPicture {
  readonly width: number;
  readonly height: number;
  readonly bytes: Buffer;
}

/** Both sizes of one picture. */
export interface RenderedPictures {
  readonly main: RenderedPicture;
  readonly thumbnail: RenderedPicture;
}

export interface PictureFault {
  readonly code: PictureFaultCode;
  readonly message: string;
}

/** Reads all that a child wrote, which is checked like any input; `undefined` where it is no answer. */
export function parsePictureAnswer(output: Buffer): RenderedPictures | PictureFault | undefined {
  const end = output.indexOf(0x0a);
  if (end === -1) return undefined;
  const report = parseObject(output.subarray(0, end).toString('utf8'));
  if (report?.['type'] === 'fault') return parseFault(report);
  if (report?.['type'] !== 'pictures') return undefined;
  const main = parseFacts(report['main']);
  const thumbnail = parseFacts(report['thumbnail']);
  const bytes = output.subarray(end + 1);
  if (main === undefined || thumbnail === undefined) return undefined;
  if (main.sizeBytes + thumbnail.sizeBytes !== bytes.length) return undefined;
  return {
    main: { width: main.width, height: main.height, bytes: bytes.subarray(0, main.sizeBytes) },
    thumbnail: { width: thumbnail.width, height: thumbnail.height, bytes: bytes.subarray(main.sizeBytes) },
  };
}

function parseFault({ code, message }: Record<string, unknown>): PictureFault | undefined {
  const known = Object.values(PictureFaultCode).find((candidate) => candidate === code);
  return known !== undefined && typeof message === 'string' ? { code: known, message } : undefined;
}

function parseFacts(value: unknown): PictureFacts | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { width, height, sizeBytes } = value as Record<string, unknown>;
  return isCount(width) && isCount(height) && isCount(sizeBytes) ? { width, height, sizeBytes } : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
