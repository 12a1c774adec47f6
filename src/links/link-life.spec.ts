import { assertNotEnded, secondsUntil } from './link-life.js';

const END = new Date('2027-01-02T03:05:05Z');

describe('a link that is given out again', () => {
  it.each(['2027-01-02T03:04:05Z', '2027-01-02T03:04:05.001Z', '2027-01-02T03:04:05.999Z'])(
    'ends in the same second when it is asked for at %s',
    (text) => {
      const now = new Date(text);
      const signedAt = Math.floor(now.getTime() / 1000) * 1000;
      expect(new Date(signedAt + secondsUntil(END, now) * 1000)).toEqual(END);
    },
  );

  it('is refused once it has ended', () => {
    expect(() => {
      assertNotEnded(END, new Date(END.getTime() - 1));
    }).not.toThrow();
    expect(() => {
      assertNotEnded(END, END);
    }).toThrow(expect.objectContaining({ kind: 'conflict', code: 'LINK_ENDED' }) as Error);
  });

  it('lives for a second at the least', () => {
    expect(secondsUntil(END, END)).toBe(1);
  });
});
