import { jest } from '@jest/globals';
import { countCitations } from './citations.js';
import { InvalidCitationsError } from './documents.errors.js';

const count = (content: unknown): Promise<number> => countCitations(Buffer.from(JSON.stringify(content)));

describe('countCitations', () => {
  it('takes a list, alone or as `citations`, also an empty one', async () => {
    const quote = {
      id: 'c1',
      quoteId: 'q-1',
      sessionId: '42',
      startSeconds: 0,
      endSeconds: 0,
      speaker: 'A',
      anything: [1],
    };
    expect(await count([quote, { text: 'a' }, { source: 'b', page: 1 }, { url: 'http://localhost:8080/a?b#c' }])).toBe(
      4,
    );
    expect(await count({ citations: [quote], by: 'somebody' })).toBe(1);
    expect(await count([])).toBe(0);
    expect(await count({ citations: [] })).toBe(0);
  });

  it('names every fault by its index and field', async () => {
    const faults = await count([{ text: 'a' }, { text: 1, url: 'ftp://a' }, { text: '' }]).catch(
      (error: unknown) => error,
    );
    expect(faults).toBeInstanceOf(InvalidCitationsError);
    const { issues } = (faults as InvalidCitationsError).details as {
      issues: { index: number; field: string | null }[];
    };
    expect(issues.map(({ index, field }) => [index, field])).toEqual([
      [1, 'text'],
      [1, 'url'],
      [2, null],
    ]);
  });

  it('refuses nesting that is deeper than any list', async () => {
    const parse = jest.spyOn(JSON, 'parse');
    for (const text of ['['.repeat(500_000) + ']'.repeat(500_000), `[${'[],'.repeat(300_000)}[]]`]) {
      const fault = await countCitations(Buffer.from(text)).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(InvalidCitationsError);
      expect((fault as Error).message).toContain('nested deeper than 64 levels');
    }
    // Parsed, it would take a hundred times its size.
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
  });

  it('keeps the reason why a file is no JSON', async () => {
    const fault = await countCitations(Buffer.from('[{]')).catch((error: unknown) => error);
    expect((fault as Error).cause).toMatchObject({ name: 'UnreadableJsonError', cause: expect.any(SyntaxError) });
  });

  it('lets others work while it checks the longest list there may be', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    const startedAt = performance.now();
    expect(
      await count(Array.from({ length: 5000 }, (_, n) => ({ id: `c${n}`, quoteId: `q${n}`, text: 'Ask us first.' }))),
    ).toBe(5000);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });
});
