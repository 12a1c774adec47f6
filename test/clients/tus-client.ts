import { Upload, type DetailedError, type HttpResponse, type UploadOptions, type UrlStorage } from 'tus-js-client';
import type { Service } from '../support/service.js';

/** What a client of tus met, in the order in which it met it. */
export interface TusRun {
  readonly upload: Upload;
  /** The id of the file, or the error that the client ended with. */
  readonly done: Promise<string>;
  readonly requests: { readonly method: string; readonly status: number; readonly offset: string | undefined }[];
}

export type TusSource = ConstructorParameters<typeof Upload>[0];

/** The real client, against the service. */
export function tusClient(service: Service, source: TusSource, options: Partial<UploadOptions> = {}): TusRun {
  const requests: TusRun['requests'] = [];
  let fileId = '';
  let upload: Upload | undefined;
  const done = new Promise<string>((resolve, reject) => {
    upload = new Upload(source, {
      endpoint: `${service.url}/v1/tus`,
      retryDelays: [100, 300, 1000, 2000, 3000],
      headers: { Authorization: `Bearer ${service.key}` },
      onAfterResponse: (request, response) => {
        requests.push({
          method: request.getMethod(),
          status: response.getStatus(),
          offset: response.getHeader('Upload-Offset'),
        });
        fileId = response.getHeader('X-File-Id') ?? fileId;
      },
      ...options,
      onSuccess: () => {
        resolve(fileId);
      },
      onError: (error) => {
        reject(error);
      },
    });
  });
  if (upload === undefined) throw new Error('Promises run their executor at once');
  // A client that is stopped never ends.
  done.catch(() => undefined);
  return { upload, done, requests };
}

/** Starts it and waits for its end. */
export function sendByTus(service: Service, source: TusSource, options: Partial<UploadOptions> = {}): Promise<string> {
  const { upload, done } = tusClient(service, source, options);
  upload.start();
  return done;
}

/** What the service said to a client that gave up. */
export async function refusalOf(run: Promise<unknown>): Promise<{ status: number; code: string; message: string }> {
  const error = await run.then(
    () => {
      throw new Error('The client went through');
    },
    (reason: unknown) => reason as DetailedError,
  );
  const response: HttpResponse | null | undefined = error.originalResponse;
  if (response == null) throw error;
  const body = response.getBody();
  const { code = '', message = '' } = (body === '' ? {} : JSON.parse(body)) as { code?: string; message?: string };
  return { status: response.getStatus(), code, message };
}

type Stored = Awaited<ReturnType<UrlStorage['findAllUploads']>>[number];

/** Where a client keeps what it began, as browsers do. */
export class UrlsInMemory implements UrlStorage {
  private readonly stored = new Map<string, Stored>();

  findAllUploads(): Promise<Stored[]> {
    return Promise.resolve([...this.stored.values()]);
  }

  findUploadsByFingerprint(fingerprint: string): Promise<Stored[]> {
    return Promise.resolve([...this.stored.values()].filter(({ urlStorageKey: key }) => key.startsWith(fingerprint)));
  }

  removeUpload(urlStorageKey: string): Promise<void> {
    this.stored.delete(urlStorageKey);
    return Promise.resolve();
  }

  addUpload(fingerprint: string, upload: Stored): Promise<string> {
    const key = `${fingerprint}::${this.stored.size}`;
    this.stored.set(key, { ...upload, urlStorageKey: key });
    return Promise.resolve(key);
  }
}
