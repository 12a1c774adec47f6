import { planContent } from './content-plan.js';
import { PreconditionFailedError } from '../object-storage/index.js';

const content = {
  sizeBytes: 10,
  etag: 'abc',
  lastModified: new Date('2026-03-01T12:00:00Z'),
  contentType: 'text/html',
};

function plan(headers: Record<string, string> = {}, method = 'GET'): ReturnType<typeof planContent> {
  return planContent({ method, headers }, content);
}

describe('serving content', () => {
  it('sends the whole, so that nothing in it runs', () => {
    expect(plan()).toEqual({
      kind: 'whole',
      range: { start: 0, end: 9 },
      headers: {
        ETag: '"abc"',
        'Last-Modified': 'Sun, 01 Mar 2026 12:00:00 GMT',
        'Cache-Control': 'private',
        'Accept-Ranges': 'bytes',
        'Content-Type': 'text/html',
        'Content-Disposition': 'attachment',
        'Content-Length': '10',
        'X-Content-Type-Options': 'nosniff',
        'Content-Security-Policy': "default-src 'none'; sandbox",
      },
    });
  });

  it('sends a range', () => {
    const { kind, range, headers } = plan({ range: 'bytes=2-4' });
    expect({ kind, range }).toEqual({ kind: 'part', range: { start: 2, end: 4 } });
    expect(headers).toMatchObject({ 'Content-Range': 'bytes 2-4/10', 'Content-Length': '3' });
  });

  it('sends the whole where If-Range names other content', () => {
    expect(plan({ range: 'bytes=2-4', 'if-range': '"old"' }).kind).toBe('whole');
    expect(plan({ range: 'bytes=2-4', 'if-range': '"abc"' }).kind).toBe('part');
  });

  it('says how long the content is where a range begins past its end', () => {
    expect(plan({ range: 'bytes=10-' })).toEqual({
      kind: 'unsatisfiable',
      headers: { 'Content-Range': 'bytes */10' },
    });
  });

  it('sends no bytes of what the client has', () => {
    const answer = plan({ 'if-none-match': '"abc"', range: 'bytes=10-' });
    expect(answer).toMatchObject({ kind: 'not-modified', headers: { ETag: '"abc"' } });
    expect(answer.range).toBeUndefined();
    expect(answer.headers).not.toHaveProperty('Content-Length');
  });

  it('refuses where a condition does not hold', () => {
    expect(() => plan({ 'if-match': '"old"' })).toThrow(PreconditionFailedError);
  });

  it('answers HEAD with the headers of the whole, and no bytes', () => {
    const answer = plan({ range: 'bytes=2-4' }, 'HEAD');
    expect(answer).toMatchObject({ kind: 'whole', headers: { 'Content-Length': '10' } });
    expect(answer.range).toBeUndefined();
  });

  it('sends nothing of empty content', () => {
    const answer = planContent({ method: 'GET', headers: {} }, { ...content, sizeBytes: 0 });
    expect(answer).toMatchObject({ kind: 'whole', headers: { 'Content-Length': '0' } });
    expect(answer.range).toBeUndefined();
  });

  it('says what it is told in place of the type', () => {
    const presentation = { contentType: 'application/pdf', contentDisposition: 'attachment; filename="a.pdf"' };
    expect(planContent({ method: 'GET', headers: {} }, content, presentation).headers).toMatchObject({
      'Content-Type': 'application/pdf',
      'Content-Disposition': 'attachment; filename="a.pdf"',
    });
  });
});
