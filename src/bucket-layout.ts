import type { FileKind } from './storage/index.js';

const HEAD = `# Bucket layout

Where every kind of file lies. Written by \`npm run layout\` from the declarations of the kinds in the sources, which are the
only place that builds and reads object keys; a test fails when this page is not what they say.

- \`{date}\` is YYYY/MM/DD and \`{timestamp}\` YYYYMMDD_HHMMSS, UTC. \`{filename}\` is the name the file was sent under, made of
  \`[A-Za-z0-9._-]\`, at most 120 bytes, its extension kept. Identifiers match \`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$\`.
- **suffix**: the next file of a taken name gets \`-2\`, \`-3\`, ... before the extension. **place**: a fixed name whose current
  revision is in the database; its objects lie at \`{folder}/.revisions/{revisionId}/{name}\`, and a copy of the current one at the
  name itself. **version**: the server numbers versions.
- Older keys are those that earlier writers of the bucket built: they are recognised, and no longer built.
`;

/** The page on the bucket: every kind, its keys, what it takes and how long it lives. */
export function bucketLayoutPage(kinds: readonly FileKind[]): string {
  const sorted = [...kinds].sort((a, b) => a.template.text.localeCompare(b.template.text, 'en'));
  return [HEAD, ...sorted.map(section)].join('\n');
}

function section(kind: FileKind): string {
  const lines = [
    `## ${kind.name}`,
    '',
    `- Key: \`${kind.template.text}\``,
    ...kind.variants.map(({ name, template }) => `- With it, ${name}: \`${template.text}\``),
    ...kind.legacyTemplates.map(({ text }) => `- Older key: \`${text}\``),
    `- If the name is taken: ${kind.ifTaken}`,
    `- Takes: ${kind.accepts.join(', ')}; ${sizeOf(kind)}`,
    `- Retention class: ${kind.retentionClass}`,
    `- Links: ${kind.linkable ? 'yes' : 'no'}`,
    '',
  ];
  return lines.join('\n');
}

function sizeOf({ maxSizeBytes }: FileKind): string {
  return maxSizeBytes === undefined ? 'up to MAX_FILE_SIZE_MB' : `up to ${maxSizeBytes} bytes`;
}
