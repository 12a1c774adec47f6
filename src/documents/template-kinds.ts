import { FileKind, RetentionClass } from '../storage/index.js';

/** What exports are made from. */
export const exportTemplate = new FileKind({
  name: 'export-template',
  keyTemplate: 'documents/templates/export-templates/{name}.{ext}',
  ifTaken: 'place',
  accepts: ['.docx', '.pptx'],
  retentionClass: RetentionClass.Document,
  linkable: true,
});

/** What charters are made from. */
export const charterTemplate = new FileKind({
  name: 'charter-template',
  keyTemplate: 'documents/templates/charter-templates/{name}.docx',
  ifTaken: 'place',
  accepts: ['.docx'],
  retentionClass: RetentionClass.Document,
  linkable: true,
});

/** What a family may be called: by its folder, or by its kind. */
export const TEMPLATE_FAMILIES: Readonly<Record<string, FileKind>> = {
  'export-templates': exportTemplate,
  'export-template': exportTemplate,
  'charter-templates': charterTemplate,
  'charter-template': charterTemplate,
};
