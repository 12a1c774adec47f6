import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectionFile, newConnectionRecord, readConnectionRecord, writeConnectionRecord } from './connection-file.js';

describe('connection file', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'connection-file-'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
  });

  it('gives back what was written, and only the owner may read it', () => {
    const record = { ...newConnectionRecord(), cluster: 'postgres', port: 20_001, postmasterPid: 7 };
    writeConnectionRecord(dir, record);
    expect(readConnectionRecord(dir)).toEqual(record);
    expect(statSync(connectionFile(dir)).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['database.json']);
  });

  it('tells a missing file from a damaged one', () => {
    expect(readConnectionRecord(dir)).toBeUndefined();
    for (const text of ['', '{', 'null', '{"installation":"../x","password":"p","cluster":"c"}']) {
      writeFileSync(connectionFile(dir), text);
      expect(() => readConnectionRecord(dir)).toThrow(/damaged/);
    }
  });

  it('never gives the same installation or password twice', () => {
    const [first, second] = [newConnectionRecord(), newConnectionRecord()];
    expect(first.installation).not.toBe(second.installation);
    expect(first.password).not.toBe(second.password);
    expect(first.password).toMatch(/^[A-Za-z0-9_-]{32}$/);
  });
});
