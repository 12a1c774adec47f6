import '@uppy/core/css/style.min.css';
import '@uppy/dashboard/css/style.min.css';
import './page.css';
import { openUploads } from './uploads.js';

/** The session and the token of this tab, so that the page is as it was when it is loaded again. */
const REMEMBERED = ['session', 'token'];

const form = /** @type {HTMLFormElement} */ (document.getElementById('access'));
const target = /** @type {HTMLElement} */ (document.getElementById('uploads'));
const outcomes = /** @type {HTMLElement} */ (document.getElementById('outcomes'));

const { api } = await (await fetch('settings.json')).json();
/** @type {ReturnType<typeof openUploads> | undefined} */
let opened;

for (const name of REMEMBERED) field(name).value = sessionStorage.getItem(name) ?? '';
form.addEventListener('submit', (event) => {
  event.preventDefault();
  for (const name of REMEMBERED) sessionStorage.setItem(name, field(name).value);
  open();
});
if (form.checkValidity()) open();

function open() {
  opened?.destroy();
  opened = openUploads({ api, session: field('session').value, uploadToken, target, onOutcome: show });
}

/**
 * The one place to change for an application: it asks its own backend here, which knows who its user is and answers with a
 * token that is for uploads only and soon ends. This page asks whoever looks at it.
 */
async function uploadToken() {
  return field('token').value;
}

/** @param {import('./uploads.js').Outcome} outcome */
function show({ name, fileId, failure }) {
  const line = document.createElement('li');
  line.className = failure === undefined ? 'stored' : 'failed';
  line.dataset.fileId = fileId ?? '';
  line.textContent = failure === undefined ? `${name} is stored as file ${fileId}` : `${name}: ${failure}`;
  outcomes.prepend(line);
}

/** @param {string} name */
function field(name) {
  return /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
}
