import { facts, put, type Subject } from './storage-under-test.js';

/** No store at hand archives: what is common to all is how they speak of objects that are not archived. */
export function archiveBehaviours(subject: Subject): void {
  it('finds an object available, with and without its bytes', async () => {
    const key = `${subject.folder()}note.txt`;
    await put(subject.storage, key, 'hello');
    expect((await facts(subject.storage, key)).availability).toEqual({ state: 'available' });
    const content = await subject.storage.find(key);
    content?.body.destroy();
    expect(content?.info.availability).toEqual({ state: 'available' });
  });

  it('has nothing to thaw of an object that is not archived, and says in which class it lies', async () => {
    const key = `${subject.folder()}note.txt`;
    await put(subject.storage, key, 'hello');
    await expect(subject.storage.thaw(key, { days: 1, tier: 'Standard' })).rejects.toMatchObject({
      kind: 'conflict',
      code: 'NOT_ARCHIVED',
      details: { storageClass: 'STANDARD' },
    });
  });

  it('does not thaw what is not there', async () => {
    await expect(
      subject.storage.thaw(`${subject.folder()}nobody`, { days: 1, tier: 'Standard' }),
    ).rejects.toMatchObject({ code: 'OBJECT_MISSING' });
  });
}
