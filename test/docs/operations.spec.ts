import { names, read, sources } from './sources.js';

const SOURCES = sources('src/**/*.ts');
const PAGE = read('docs/operations.md');

const EVENT = /\bevent: '([A-Z][A-Z0-9_]+)'/g;
const LOGGED = /logger\.(log|debug|warn|error)\(\s*\{\s*event: '([A-Z][A-Z0-9_]+)'/g;
/** What those who answer for a stored file are told to log. */
const STORED = /'([A-Z]+(?:_[A-Z]+)*_UPLOADED)'/g;
const ACTION = /\baction: '([^']+)'/g;
const ACTION_OF_EVENT = /\baction: `([^`]+)`/g;
const METRIC = /\bname: '(catalyst_[a-z_]+)'/g;

/** Events with the level at which they are written, as Nest's loggers call it. */
function eventsInSources(): (readonly [string, string])[] {
  const found = SOURCES.flatMap((text) => [...text.matchAll(LOGGED)]);
  const levels = new Map(found.map(([, method = '', event = '']) => [event, method === 'log' ? 'info' : method]));
  for (const event of names(SOURCES.join('\n'), STORED)) levels.set(event, 'info');
  return [...levels].sort();
}

/** Actions in the sources; some are made of the event of a file. */
function actionsInSources(): string[] {
  const all = SOURCES.join('\n');
  const [, declared = ''] = /\bFileEvent = \{([^}]*)\}/.exec(read('src/files/file-hooks.ts')) ?? [];
  const events = names(declared, /'([a-z]+)'/g);
  const made = names(all, ACTION_OF_EVENT).flatMap((text) => events.map((event) => text.replace('${event}', event)));
  return [...new Set([...names(all, ACTION), ...made])].sort();
}

/** The first cells of the rows below a heading of the page, with the second ones. */
function rowsBelow(heading: string): (readonly [string, string])[] {
  const [, section = ''] = PAGE.split(`${heading}\n`);
  const [text = ''] = section.split(/^#+ /m);
  return [...text.matchAll(/^\| `([^`]+)` +\| +(\S+) +\|/gm)].map(([, name = '', second = '']) => [name, second]);
}

describe('docs/operations.md', () => {
  it('lists every event of the log with its level, and no other', () => {
    const events = eventsInSources();
    expect(events.length).toBeGreaterThan(20);
    const mentioned = new Set([...names(SOURCES.join('\n'), EVENT), ...names(SOURCES.join('\n'), STORED)]);
    expect(events.map(([event]) => event)).toEqual([...mentioned].sort());
    expect(rowsBelow('## Logs').sort()).toEqual(events);
  });

  it('lists every action of the audit log, and no other', () => {
    const actions = actionsInSources();
    expect(actions).toContain('file.restored');
    const rows = rowsBelow('### Audit log').map(([action]) => action);
    expect(rows.sort()).toEqual(actions);
  });

  it('lists every metric of ours, and no other', () => {
    const metrics = names(SOURCES.join('\n'), METRIC);
    expect(metrics.length).toBeGreaterThan(4);
    const rows = rowsBelow('## Metrics').map(([metric]) => metric);
    expect(rows.filter((metric) => metric.startsWith('catalyst_')).sort()).toEqual(metrics);
  });
});
