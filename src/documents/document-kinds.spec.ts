import { charterDraft, publishedCharter } from './charter-kinds.js';
import { EXPORT_FAMILIES, EXPORT_KINDS, executiveSummary, onePager, slideDeck } from './export-kinds.js';
import { charterTemplate, exportTemplate } from './template-kinds.js';

const DAY = { documentId: 'a_EN-2', date: '2026/03/01', ext: 'pdf' };

describe('kinds of documents', () => {
  it.each([
    [executiveSummary, { ...DAY, language: 'ES' }, 'documents/exports/executive-summaries/2026/03/01/a_EN-2_ES.pdf'],
    [slideDeck, DAY, 'documents/exports/slide-decks/2026/03/01/a_EN-2_slides.pdf'],
    [onePager, DAY, 'documents/exports/one-pagers/2026/03/01/a_EN-2_onepager.pdf'],
    [charterDraft, { documentId: 'd', version: '12' }, 'documents/charters/drafts/d/v12/charter.docx'],
    [publishedCharter, { slug: 'final' }, 'documents/charters/published/final.pdf'],
    [exportTemplate, { name: 'one-pager', ext: 'docx' }, 'documents/templates/export-templates/one-pager.docx'],
    [charterTemplate, { name: 'charter-base' }, 'documents/templates/charter-templates/charter-base.docx'],
  ])('lie where the bucket has them, and are read back: %#', (kind, parameters, key) => {
    expect(kind.template.build(parameters)).toBe(key);
    expect(kind.parse(key)).toEqual({ parameters });
  });

  it('know the citations beside a charter', () => {
    expect(charterDraft.parse('documents/charters/drafts/d/v12/citations.json')).toEqual({
      parameters: { documentId: 'd', version: '12' },
      variant: 'citations',
    });
    expect(charterDraft.parse('documents/charters/drafts/d/v0/charter.docx')).toBeUndefined();
  });

  it.each(EXPORT_KINDS.map((kind) => [kind.name, kind] as const))(
    'recognise %s as earlier writers named it',
    (_, kind) => {
      const folder = kind.template.text.split('/')[2] ?? '';
      expect(EXPORT_FAMILIES[folder]).toBe(kind);
      expect(kind.parse(`documents/exports/${folder}/2025/09/09/7f3a.pptx`)).toEqual({
        parameters: { documentId: '7f3a', date: '2025/09/09', ext: 'pptx' },
        legacy: true,
      });
      expect(kind.parse(`documents/exports/other/2025/09/09/7f3a.pptx`)).toBeUndefined();
    },
  );
});
