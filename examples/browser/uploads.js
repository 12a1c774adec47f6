import Uppy from '@uppy/core';
import Dashboard from '@uppy/dashboard';
import Tus from '@uppy/tus';

/** Three minutes without a network that the browser has not noticed; one that it has noticed is waited for as long as it takes. */
const RETRY_DELAYS_MS = [0, 1000, 3000, 5000, 10_000, 20_000, 30_000, 60_000, 60_000];

const UPLOAD_IS_GONE = new Set([404, 410]);

/**
 * How far an upload is could not be found out. To tus-js-client every answer but a locked upload's would mean that it has to begin
 * anew, also that of a proxy whose service is just starting, or that to a token that has ended.
 */
class OffsetError extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`The service answered ${status} when it was asked how far the upload is.`);
    this.status = status;
  }
}

/**
 * What became of a file.
 * @typedef {object} Outcome
 * @property {string} name
 * @property {string} [fileId] the id of its record, where it is stored
 * @property {string} [failure] what the service says is wrong, where it is not
 */

/**
 * Uppy's dashboard, sending recordings to a session by tus.
 * @param {object} options
 * @param {string} options.api the service, without a trailing slash
 * @param {string} options.session
 * @param {() => Promise<string>} options.uploadToken asked before every request, so that an upload may outlast a token
 * @param {HTMLElement} options.target
 * @param {(outcome: Outcome) => void} options.onOutcome
 */
export function openUploads({ api, session, uploadToken, target, onOutcome }) {
  // tus finds an upload to go on with by this id and the file's name, size and time: without the session in it, a file that is
  // chosen for another session would end up in the first one.
  /** @type {Uppy<import('@uppy/core').Meta, { xhr: XMLHttpRequest }>} */
  const uppy = new Uppy({ id: `session-${session}` });
  uppy.setMeta({ kind: 'session-original', sessionId: session });

  uppy.use(Dashboard, {
    inline: true,
    target,
    width: '100%',
    height: 420,
    note: 'Recordings. One that was interrupted goes on where it was when the same file is chosen again.',
  });

  uppy.use(Tus, {
    endpoint: `${api}/v1/tus`,
    retryDelays: RETRY_DELAYS_MS,
    // Else the same file chosen once more would be found to be there already, also when it has been deleted.
    removeFingerprintOnSuccess: true,
    async onBeforeRequest(request) {
      request.setHeader('Authorization', `Bearer ${await uploadToken()}`);
    },
    onAfterResponse(request, response) {
      const status = response.getStatus();
      if (request.getMethod() === 'HEAD' && status >= 400 && !UPLOAD_IS_GONE.has(status)) throw new OffsetError(status);
    },
    onShouldRetry: (error, _attempt, _options, decide) => !isRefusal(error.causingError) && decide(error),
  });

  uppy.on('upload-success', (file, { body }) => {
    onOutcome({ name: file?.name ?? '', fileId: body?.xhr.getResponseHeader('X-File-Id') ?? undefined });
  });

  uppy.on('upload-error', (file, error, response) => {
    const failure = messageOf(response?.body?.xhr) ?? causeOf(error).message;
    if (file !== undefined) uppy.setFileState(file.id, { error: failure });
    onOutcome({ name: file?.name ?? '', failure });
  });
}

/**
 * Whether asking again will not help before something has changed.
 * @param {unknown} error
 */
function isRefusal(error) {
  return error instanceof OffsetError && error.status < 500 && error.status !== 423 && error.status !== 429;
}

/**
 * What tus-js-client was hindered by, without its own account of the request.
 * @param {{ message: string, causingError?: Error | null }} error
 */
function causeOf(error) {
  return error.causingError ?? error;
}

/**
 * The service's errors are `{ code, message, ... }`.
 * @param {XMLHttpRequest | undefined} xhr
 * @returns {string | undefined} nothing where somebody else has answered
 */
function messageOf(xhr) {
  try {
    return JSON.parse(xhr?.responseText ?? '').message;
  } catch {
    return undefined;
  }
}
