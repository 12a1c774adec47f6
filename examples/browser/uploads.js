import Uppy from '@uppy/core';
import Dashboard from '@uppy/dashboard';
import Tus from '@uppy/tus';

/** Three minutes without a network that the browser has not noticed; one that it has noticed is waited for as long as it takes. */
const RETRY_DELAYS_MS = [0, 1000, 3000, 5000, 10_000, 20_000, 30_000, 60_000, 60_000];

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
    // Uppy's own `type` is the media type; the service's parameter of that name is audio, video, image or document.
    allowedMetaFields: ['kind', 'sessionId', 'filename', 'filetype'],
    // Else the same file chosen once more would be found to be there already, also when it has been deleted.
    removeFingerprintOnSuccess: true,
    async onBeforeRequest(request) {
      request.setHeader('Authorization', `Bearer ${await uploadToken()}`);
    },
  });

  uppy.on('file-added', ({ id, name, type }) => uppy.setFileMeta(id, { filename: name, filetype: type }));

  uppy.on('upload-success', (file, { body }) => {
    onOutcome({ name: file?.name ?? '', fileId: body?.xhr.getResponseHeader('X-File-Id') ?? undefined });
  });

  uppy.on('upload-error', (file, error, response) => {
    const failure = messageOf(response?.body?.xhr) ?? error.message;
    if (file !== undefined) uppy.setFileState(file.id, { error: failure });
    onOutcome({ name: file?.name ?? '', failure });
  });

  return uppy;
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
