import fc from 'fast-check';
import { keyFilename, originalFilename } from './file-name.js';
import { KeyTemplate, keyDate, keyTimestamp } from './key-template.js';

const original = new KeyTemplate('{type}-files/sessions/session-{sessionId}/original/{timestamp}_{filename}', true);
const deck = new KeyTemplate('documents/exports/slide-decks/{date}/{documentId}_slides.{ext}', true);
const charter = new KeyTemplate('documents/charters/published/{slug}.pdf', false);

const alphabet = 'abzAZ059_-'.split('');
const outsideId = fc
  .tuple(fc.constantFrom('a', 'Z', '0'), fc.array(fc.constantFrom(...alphabet), { maxLength: 63 }))
  .map(([first, rest]) => first + rest.join(''));
const instant = fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true });
const suffix = fc.option(fc.integer({ min: 2, max: 99_999 }), { nil: undefined });

describe('KeyTemplate', () => {
  it('parses what it builds, whatever the file was called', () => {
    fc.assert(
      fc.property(
        outsideId,
        instant,
        fc.string({ unit: 'binary', maxLength: 300 }),
        suffix,
        (sessionId, at, given, number) => {
          const filename = keyFilename(originalFilename(given));
          const parameters = { type: 'audio', sessionId, timestamp: keyTimestamp(at), filename };
          const parsed = original.parse(original.build(parameters, number));
          expect(parsed).toEqual(number === undefined ? { parameters } : { parameters, suffix: number });
        },
      ),
      { numRuns: 500 },
    );
  });

  it('parses identifiers that end like a number', () => {
    fc.assert(
      fc.property(outsideId, instant, suffix, (documentId, at, number) => {
        const parameters = { date: keyDate(at), documentId, ext: 'pptx' };
        const parsed = deck.parse(deck.build(parameters, number));
        expect(parsed).toEqual(number === undefined ? { parameters } : { parameters, suffix: number });
      }),
    );
    expect(charter.parse(charter.build({ slug: 'final-2' }))).toEqual({ parameters: { slug: 'final-2' } });
  });

  it('never lets a value add a path segment or leave its place', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (sessionId) => {
        const parameters = { type: 'audio', sessionId, timestamp: '20260101_000000', filename: 'a.wav' };
        let key: string;
        try {
          key = original.build(parameters);
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_PARAMETER', details: { parameter: 'sessionId' } });
          return;
        }
        expect(key.split('/')).toHaveLength(5);
      }),
    );
    for (const sessionId of ['', '..', 'a/b', 'a\u0000', '-a', 'a'.repeat(65), 'é', 'a b', 'a%2Fb', 'a\n']) {
      expect(() =>
        original.build({ type: 'audio', sessionId, timestamp: '20260101_000000', filename: 'a.wav' }),
      ).toThrow('sessionId is not valid');
    }
  });

  it('knows no key of another template', () => {
    expect(original.parse('audio-files/sessions/42/original/20260101_000000_a.wav')).toBeUndefined();
    expect(
      deck.parse(original.build({ type: 'audio', sessionId: '42', timestamp: '20260101_000000', filename: 'a.wav' })),
    ).toBeUndefined();
  });

  it('puts the number of a taken name before the extension', () => {
    const parameters = { type: 'audio', sessionId: '42', timestamp: '20260101_000000', filename: 'a.tar.wav' };
    expect(original.build(parameters, 2)).toBe('audio-files/sessions/session-42/original/20260101_000000_a.tar-2.wav');
  });
});
