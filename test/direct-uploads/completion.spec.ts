import 'reflect-metadata';
import { jest } from '@jest/globals';
import { DirectUploads, UploadCompletion, type Upload } from '../../src/direct-uploads/index.js';
import { InvalidPartError, ObjectMissingError, UploadMissingError } from '../../src/storage/index.js';
import { actor, MEBIBYTE, Uploads } from './uploads-module.js';

const LARGE = Buffer.alloc(6 * MEBIBYTE, 'Minutes of a meeting.\n');

describe('the completion of an upload that is given up meanwhile', () => {
  let uploads: Uploads;

  beforeAll(async () => {
    uploads = await Uploads.start();
  });
  afterAll(() => uploads.close());
  afterEach(() => jest.restoreAllMocks());

  const complete = (upload: Upload) => uploads.module.get(UploadCompletion).complete(upload, { actor });
  const sent = async (): Promise<Upload> => {
    const upload = await uploads.open(LARGE.length);
    await uploads.send(upload, LARGE);
    return upload;
  };
  const abort = (upload: Upload) => uploads.module.get(DirectUploads).abort(upload, actor);

  it.each([
    ['its object', new ObjectMissingError('k')],
    ['its parts', new InvalidPartError('gone')],
    ['itself', new UploadMissingError()],
  ])('says that the upload is over where the store misses %s', async (_, error) => {
    const upload = await sent();
    jest.spyOn(uploads.storage, 'completeMultipart').mockImplementationOnce(async () => {
      await abort(upload);
      throw error;
    });
    await expect(complete(upload)).rejects.toMatchObject({ code: 'UPLOAD_FINISHED', details: { status: 'aborted' } });
    expect(await uploads.left(upload)).toEqual({ object: false, staged: false, openUploads: 0 });
  });

  it('says so where the list of its parts is empty', async () => {
    const upload = await sent();
    jest.spyOn(uploads.storage, 'listParts').mockImplementationOnce(async () => {
      await abort(upload);
      return { parts: [] };
    });
    await expect(complete(upload)).rejects.toMatchObject({ code: 'UPLOAD_FINISHED' });
  });

  it('says so where its object goes before it is looked at', async () => {
    const upload = await sent();
    jest.spyOn(uploads.storage, 'head').mockImplementationOnce(async () => {
      await abort(upload);
      return undefined;
    });
    await expect(complete(upload)).rejects.toMatchObject({ code: 'UPLOAD_FINISHED' });
  });

  it('says what is missing where nobody gave it up', async () => {
    const upload = await sent();
    jest.spyOn(uploads.storage, 'completeMultipart').mockRejectedValueOnce(new ObjectMissingError(upload.key));
    await expect(complete(upload)).rejects.toMatchObject({ code: 'OBJECT_MISSING' });
    expect(await complete(upload)).toMatchObject({ status: 'stored' });
  });
});
