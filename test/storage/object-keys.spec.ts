import 'reflect-metadata';
import fc from 'fast-check';
import { FileKinds, keyFilename, originalFilename, revisionKey, type FileKind } from '../../src/storage/index.js';
import { InvalidKeyParameterError } from '../../src/storage/file-kinds.errors.js';
import { placeholderPattern, type KeyTemplate } from '../../src/storage/key-template.js';
import { storageConfig } from '../../src/storage/storage.config.js';
import { declaredKinds } from '../support/file-kinds.js';

const kinds = await declaredKinds();
const registry = new FileKinds(storageConfig());
registry.register(kinds);

/** Values that a placeholder takes; names are what becomes of names that people gave. */
function validValue(placeholder: string): fc.Arbitrary<string> {
  if (placeholder === 'filename')
    return fc.string({ unit: 'binary', maxLength: 300 }).map((given) => keyFilename(originalFilename(given)));
  return fc.stringMatching(placeholderPattern(placeholder));
}

function validParameters({ placeholders }: KeyTemplate): fc.Arbitrary<Record<string, string>> {
  return fc.record(Object.fromEntries(placeholders.map((name) => [name, validValue(name)])));
}

const suffix = fc.option(fc.integer({ min: 2, max: 999_999_999 }), { nil: undefined });
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.constantFrom('', '.', '..', '../x', 'a/b', 'a\\b', 'a\0', '%2e%2e', '-2', 'a\n', '~', '.revisions', '__proto__'),
);

/** The templates of a kind that build keys, with the name of the variant. */
function templatesOf(kind: FileKind): readonly (readonly [string | undefined, KeyTemplate])[] {
  return [[undefined, kind.template], ...kind.variants.map(({ name, template }) => [name, template] as const)];
}

const CASES = kinds.flatMap((kind) =>
  templatesOf(kind).map(([variant, template]) => ({ text: template.text, kind, variant, template })),
);

describe('object keys', () => {
  it('are declared once for every line of the bucket tree', () => {
    expect(new Set(kinds.map(({ name }) => name)).size).toBe(kinds.length);
    expect(new Set(CASES.map(({ text }) => text)).size).toBe(CASES.length);
  });

  it.each(CASES)('$text: parse to what they were built from, and to no other kind', ({ kind, variant, template }) => {
    fc.assert(
      fc.property(validParameters(template), suffix, (parameters, number) => {
        const given = kind.ifTaken === 'suffix' ? number : undefined;
        const key = template.build(parameters, given);
        const expected = {
          kind,
          parameters,
          ...(given !== undefined && { suffix: given }),
          ...(variant !== undefined && { variant }),
        };
        expect(registry.parse(key)).toEqual(expected);
        if (kind.ifTaken === 'place')
          expect(registry.parse(revisionKey(key, '019a9b1c-7a52-7c31-9d3e-5b1f0e2d4c6a'))).toEqual(expected);
      }),
    );
  });

  it.each(CASES)('$text: take no value that could add a segment or leave the folder', ({ template }) => {
    const segments = template.text.split('/').length + (template.placeholders.includes('date') ? 2 : 0);
    fc.assert(
      fc.property(
        validParameters(template),
        fc.constantFrom(...template.placeholders),
        hostile,
        (valid, placeholder, value) => {
          let key: string;
          try {
            key = template.build({ ...valid, [placeholder]: value });
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidKeyParameterError);
            return;
          }
          expect(key).toMatch(/^[A-Za-z0-9._/-]+$/);
          expect(key.split('/')).toHaveLength(segments);
          expect(key.split('/')).not.toContain('..');
        },
      ),
    );
  });

  it('of earlier writers are recognised, and no key of today is taken for one', () => {
    for (const kind of kinds) {
      for (const legacy of kind.legacyTemplates) {
        fc.assert(
          fc.property(validParameters(legacy), (parameters) => {
            const key = legacy.build(parameters);
            const parsed = registry.parse(key);
            // A value may make an old key look like one of today: `session-42` as the name of a session.
            expect(parsed?.kind).toBe(kind);
            if (parsed?.legacy === true) expect(parsed.parameters).toEqual(parameters);
          }),
        );
      }
    }
  });

  it('of nobody parse to no kind', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (key) => {
        expect(registry.parse(key)).toBeUndefined();
      }),
    );
  });
});
