import '@uppy/core/css/style.min.css';
import '@uppy/dashboard/css/style.min.css';
import './page.css';
import { uploadTokens } from './tokens.js';
import { openUploads } from './uploads.js';

const form = /** @type {HTMLFormElement} */ (document.getElementById('access'));
const session = /** @type {HTMLInputElement} */ (form.elements.namedItem('session'));
const target = /** @type {HTMLElement} */ (document.getElementById('uploads'));
const outcomes = /** @type {HTMLElement} */ (document.getElementById('outcomes'));

const { api } = await (await fetch('settings.json')).json();
/** @type {ReturnType<typeof openUploads> | undefined} */
let opened;

// The session of this tab, so that the page is as it was when it is loaded again.
session.value = sessionStorage.getItem('session') ?? '';
if (form.checkValidity()) open();
form.addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem('session', session.value);
  open();
});

function open() {
  opened?.destroy();
  opened = openUploads({
    api,
    session: session.value,
    uploadToken: uploadTokens(session.value),
    target,
    onOutcome: show,
  });
}

/** @param {import('./uploads.js').Outcome} outcome */
function show({ name, fileId, failure }) {
  const line = document.createElement('li');
  line.className = failure === undefined ? 'stored' : 'failed';
  line.dataset.fileId = fileId ?? '';
  line.textContent = failure === undefined ? `${name} is stored as file ${fileId}` : `${name}: ${failure}`;
  outcomes.prepend(line);
}
