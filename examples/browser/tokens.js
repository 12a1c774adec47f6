/** A token that ends sooner than this is asked for anew: what a request needs to reach the service. */
const SPARE_MS = 60_000;

/**
 * Tokens that let this page upload to a session. The application's own backend gives them out, here serve.mjs: it has the
 * API key and knows its users.
 * @param {string} session
 * @returns {() => Promise<string>}
 */
export function uploadTokens(session) {
  /** @type {{ token: string, expiresAt: string } | undefined} */
  let issued;
  return async () => {
    if (issued === undefined || Date.parse(issued.expiresAt) - Date.now() < SPARE_MS) {
      const answer = await fetch(`upload-tokens?session=${encodeURIComponent(session)}`, { method: 'POST' });
      if (!answer.ok) throw new Error(`No upload token was given out: ${await answer.text()}`);
      issued = await answer.json();
    }
    return issued?.token ?? '';
  };
}
