import { PostQueue } from './post-queue.js';

const busy = { kind: 'unavailable', code: 'POSTS_BUSY', retryAfterSeconds: 2 };

describe('PostQueue', () => {
  const ends: PromiseWithResolvers<undefined>[] = [];
  let begun: number[];
  let queue: PostQueue;
  const post = (n: number, sizeBytes = 1): Promise<number> =>
    queue.run(sizeBytes, async () => {
      begun.push(n);
      await ends[n]?.promise;
      return n;
    });

  beforeEach(() => {
    begun = [];
    ends.splice(0, ends.length, ...Array.from({ length: 6 }, () => Promise.withResolvers<undefined>()));
    queue = new PostQueue({ atOnce: 2, waiting: 2, heldBytes: 100 });
  });

  it('lets so many in at once, has some wait in their order, and refuses the rest', async () => {
    const posts = [0, 1, 2, 3].map((n) => post(n));
    await expect(post(4)).rejects.toMatchObject(busy);
    expect(begun).toEqual([0, 1]);
    ends[1]?.resolve(undefined);
    await posts[1];
    expect(begun).toEqual([0, 1, 2]);
    const late = post(5);
    for (const { resolve } of ends) resolve(undefined);
    expect(await Promise.all([...posts, late])).toEqual([0, 1, 2, 3, 5]);
    expect(begun).toEqual([0, 1, 2, 3, 5]);
  });

  it('goes on after what fails', async () => {
    for (let times = 0; times < 5; times += 1)
      await expect(queue.run(1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    ends[0]?.resolve(undefined);
    expect(await post(0)).toBe(0);
  });

  it('holds so many bytes, or one post of any size', async () => {
    const large = post(0, 1000);
    await expect(post(1)).rejects.toMatchObject(busy);
    ends[0]?.resolve(undefined);
    await large;
    const half = [post(1, 50), post(2, 50)];
    await expect(post(3, 1)).rejects.toMatchObject(busy);
    for (const { resolve } of ends) resolve(undefined);
    expect(await Promise.all(half)).toEqual([1, 2]);
  });
});
