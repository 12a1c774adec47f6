// A browser's tab with Uppy in it: jsdom, the packages as they are on npm, told what to do over IPC. A process of its own, so that
// it can die as a browser does. XMLHttpRequest is jsdom's and keeps to CORS; fetch is Node's, and is made to.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { JSDOM } from 'jsdom';

const PART_BYTES = 5 * 1024 * 1024;
const config = JSON.parse(process.argv[2]);
const tell = (event, details = {}) => process.send?.({ event, ...details });

const { window } = new JSDOM('', { url: `${config.origin}/` });
const slow = { ms: config.slowFirstPutMs ?? 0 };

class XMLHttpRequest extends window.XMLHttpRequest {
  open(method, url, ...rest) {
    this.told = { method, url: String(url) };
    super.open(method, url, ...rest);
  }

  send(body) {
    const { method, url } = this.told;
    const contentType = body?.type ?? '';
    tell('request', { method, path: new URL(url).pathname, part: partOf(url), contentType });
    this.addEventListener('load', () => tell('answer', { method, part: partOf(url), status: this.status }));
    if (method !== 'PUT' || slow.ms === 0) return super.send(body);
    const { ms } = slow;
    slow.ms = 0;
    setTimeout(() => super.send(body), ms);
  }
}

// jsdom 26.1 says text/plain of a body without a type, where browsers say nothing (https://xhr.spec.whatwg.org/#dom-xmlhttprequest-send):
// Ceph refuses a presigned request with a type that was not signed.
const { request } = http;
http.request = (options, ...rest) => {
  const { 'Content-Type': type, ...headers } = options.headers ?? {};
  const isMadeUp = options.method === 'PUT' && type === 'text/plain;charset=UTF-8';
  return request(isMadeUp ? { ...options, headers } : options, ...rest);
};

function partOf(url) {
  return Number(new URL(url).searchParams.get('partNumber') ?? 0);
}

const { fetch: send } = globalThis;
async function fetch(input, init = {}) {
  const headers = new Headers(init.headers);
  headers.set('origin', config.origin);
  const named = [...headers.keys()].filter((name) => !['accept', 'origin'].includes(name));
  const method = init.method ?? 'GET';
  if (named.length > 0 || !['GET', 'POST'].includes(method)) {
    const asked = { 'access-control-request-method': method, 'access-control-request-headers': named.join(',') };
    const answer = await send(input, { method: 'OPTIONS', headers: { origin: config.origin, ...asked } });
    const allowed = ['allow-methods', 'allow-headers'].map(
      (name) => answer.headers.get(`access-control-${name}`) ?? '',
    );
    if (!answer.ok || !allowed[0].includes(method) || named.some((name) => !allowed[1].toLowerCase().includes(name)))
      throw new TypeError('CORS: not allowed beforehand');
  }
  const answer = await send(input, { ...init, headers });
  if (answer.headers.get('access-control-allow-origin') !== config.origin)
    throw new TypeError('CORS: not for this origin');
  return answer;
}

const { document, FormData, Blob, File, ProgressEvent } = window;
Object.assign(globalThis, { window, document, XMLHttpRequest, FormData, Blob, File, ProgressEvent, fetch });

const folder = config.version === 5 ? new URL('../uppy-5/', import.meta.url) : new URL('./', import.meta.url);
const packages = createRequire(new URL('package.json', folder));
const load = async (name) => import(pathToFileURL(packages.resolve(name)).href);
const [{ default: Uppy }, { default: AwsS3 }] = [await load('@uppy/core'), await load('@uppy/aws-s3')];

/** As in the README. */
async function signRequest(request) {
  const answer = await fetch(`${config.service}/v1/s3/sign`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${config.credential}` },
    body: JSON.stringify({ ...request, ...config.signWith }),
  });
  const signed = await answer.json();
  if (!answer.ok) throw new Error(signed.message);
  return signed;
}

/** As in the README: for stores that answer a form without the ETag that Uppy 5 waits for. */
async function getUploadParameters({ name, size }) {
  const { url, headers, key } = await signRequest({ method: 'PUT', key: name, size });
  return { method: 'PUT', url, headers, fields: { key } };
}

const MODES = {
  endpoint: { endpoint: `${config.service}/v1`, headers: { authorization: `Bearer ${config.credential}` }, limit: 1 },
  companion: { companionEndpoint: config.companionEndpoint },
  sign: { signRequest },
};

const uppy = new Uppy({ id: 'test', autoProceed: false, meta: config.meta ?? {} });
uppy.use(AwsS3, {
  ...MODES[config.mode],
  ...(config.signedPut && { getUploadParameters }),
  shouldUseMultipart: config.multipart,
  getChunkSize: () => PART_BYTES,
});
uppy.on('s3-multipart:part-uploaded', (_, { PartNumber }) => tell('part', { part: PartNumber, state: state() }));
uppy.on('upload-success', (_, response) => tell('success', { response: JSON.parse(JSON.stringify(response)) }));
uppy.on('upload-error', (_, error) => tell('error', { message: error.message }));

const id = uppy.addFile({
  name: config.file.name,
  type: config.file.type,
  data: new File([readFileSync(config.file.path)], config.file.name, { type: config.file.type }),
});
if (config.sized) uppy.setFileMeta(id, { size: uppy.getFile(id).size });
if (config.restore !== undefined) uppy.setFileState(id, { s3Multipart: config.restore });

function state() {
  const { key, uploadId } = uppy.getFile(id)?.s3Multipart ?? {};
  return { key, uploadId };
}

const DEEDS = {
  upload: () => uppy.upload(),
  pause: () => uppy.pauseAll(),
  resume: () => uppy.resumeAll(),
  retry: () => uppy.retryAll(),
  cancel: () => uppy.cancelAll(),
  state: () => tell('state', { state: state() }),
  leave: () => process.exit(0),
};
process.on('message', (deed) =>
  Promise.resolve(DEEDS[deed]()).then((done) => tell('did', { deed, failed: done?.failed?.length })),
);
process.on('unhandledRejection', (error) => tell('unhandled', { message: String(error) }));
process.on('disconnect', () => process.exit(0));
tell('ready');
