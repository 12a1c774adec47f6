import { DomainError } from '../errors/index.js';
import type { CharterPublication } from './charter-publication.entity.js';

/** What is wrong with one citation, or with the list where `index` is null. */
export interface CitationIssue {
  readonly index: number | null;
  readonly field: string | null;
  readonly message: string;
}

const SHOWN_ISSUES = 20;

export class InvalidCitationsError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_CITATIONS';
  constructor(issues: readonly CitationIssue[], options?: ErrorOptions) {
    const [first] = issues;
    super(`The citations are not as they should be: ${first === undefined ? 'unreadable' : told(first)}.`, {
      ...options,
      details: { issues: issues.slice(0, SHOWN_ISSUES), issueCount: issues.length },
    });
  }
}

export class CharterVersionNotFoundError extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'CHARTER_VERSION_NOT_FOUND';
  constructor({ documentId, version }: { readonly documentId: string; readonly version: number }) {
    super(`The charter of document ${documentId} has no version ${version}.`);
  }
}

/** A charter is not published on nobody's word. */
export class CharterWithoutCitationsError extends DomainError {
  readonly kind = 'unprocessable';
  readonly code = 'CHARTER_WITHOUT_CITATIONS';
  constructor(version: number) {
    super(
      `Version ${version} has no citations, so it is not published. Post the draft again with citations; it gets a new version.`,
      { details: { version } },
    );
  }
}

/** The published name is another document's: its charter would be replaced. */
export class SlugTakenError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'SLUG_TAKEN';
  constructor({ slug, documentId }: { readonly slug: string; readonly documentId: string | null }) {
    super(
      `${slug} is the slug of another document's charter, which is published or could be restored. Choose another slug.`,
      {
        details: { slug, documentId },
      },
    );
  }
}

/** Never the answer to a request: the same charter is published already, and that publication is the answer. */
export class AlreadyPublishedError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'ALREADY_PUBLISHED';
  constructor(readonly publication: CharterPublication) {
    super(`These bytes are published as ${publication.slug} already.`);
  }
}

export class TemplateNotFoundError extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'TEMPLATE_NOT_FOUND';
  constructor({ family, name }: { readonly family: string; readonly name: string }) {
    super(`There is no template ${name} in ${family}.`);
  }
}

/** A name with an extension takes files of that extension. */
export class TemplateTypeError extends DomainError {
  readonly kind = 'unsupported-type';
  readonly code = 'TEMPLATE_TYPE_DIFFERS';
  constructor(extension: string) {
    super(`A template of this name is a ${extension} file. Send one, or leave the extension out of the name.`, {
      details: { accepted: [extension] },
    });
  }
}

function told({ index, field, message }: CitationIssue): string {
  const where = [...(index === null ? [] : [`citation ${index}`]), ...(field === null ? [] : [field])].join(', ');
  return where === '' ? message : `${where}: ${message}`;
}
