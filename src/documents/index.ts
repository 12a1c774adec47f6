export { charterDraft, publishedCharter } from './charter-kinds.js';
export { DocumentsModule } from './documents.module.js';
export { executiveSummary, onePager, slideDeck } from './export-kinds.js';
export { charterTemplate, exportTemplate } from './template-kinds.js';
