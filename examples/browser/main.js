import '@uppy/core/css/style.min.css';
import '@uppy/dashboard/css/style.min.css';
import './page.css';
import { uploadTokens } from './tokens.js';
import { openUploads } from './uploads.js';

const input = /** @type {HTMLInputElement} */ (document.querySelector('input[name=session]'));
const target = /** @type {HTMLElement} */ (document.getElementById('uploads'));
const outcomes = /** @type {HTMLElement} */ (document.getElementById('outcomes'));

// The form leads here again with the session in the URL, so that the page is as it was when it is loaded again.
const session = new URLSearchParams(location.search).get('session') ?? '';
input.value = session;
if (session !== '') {
  const { api } = await (await fetch('settings.json')).json();
  openUploads({ api, session, uploadToken: uploadTokens(session), target, onOutcome: show });
}

/** @param {import('./uploads.js').Outcome} outcome */
function show({ name, fileId, failure }) {
  const line = document.createElement('li');
  line.className = failure === undefined ? 'stored' : 'failed';
  line.dataset.fileId = fileId ?? '';
  line.textContent = failure === undefined ? `${name} is stored as file ${fileId}` : `${name}: ${failure}`;
  outcomes.prepend(line);
}
