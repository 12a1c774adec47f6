import { isActiveType, safeDisposition, safePolicy, servedType } from './safe-delivery.js';

describe('safeDisposition', () => {
  it.each([
    'text/html',
    'TEXT/HTML; charset=utf-8',
    'application/xhtml+xml',
    'image/svg+xml',
    ' image/svg+xml ;x=y',
    'text/xml',
    'application/xml',
    'application/atom+xml',
    'model/x3d+xml',
    'text/xsl',
    'text/plain, text/html',
    'multipart/x-mixed-replace; boundary=x',
  ])('has %s saved, whatever was asked', (type) => {
    expect(isActiveType(type)).toBe(true);
    expect(safeDisposition(type, 'inline')).toBe('attachment');
    expect(safeDisposition(type, 'inline; filename="a; b.svg"')).toBe('attachment; filename="a; b.svg"');
    expect(safeDisposition(type)).toBe('attachment');
  });

  it.each([
    'application/pdf',
    'audio/wav',
    'image/png',
    'text/plain',
    'text/markdown',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  ])('shows %s where that is asked, and has it saved else', (type) => {
    expect(isActiveType(type)).toBe(false);
    expect(safeDisposition(type, 'inline; filename="a.pdf"')).toBe('inline; filename="a.pdf"');
    expect(safeDisposition(type)).toBe('attachment');
  });
});

describe('servedType', () => {
  it.each([
    ['text/plain', 'text/plain; charset=utf-8'],
    ['Text/Markdown', 'Text/Markdown; charset=utf-8'],
    ['text/html; charset=latin1', 'text/html; charset=latin1'],
    ['application/json', 'application/json'],
    ['audio/wav', 'audio/wav'],
  ])('says of text that it is UTF-8, where nothing is said: %s', (type, served) => {
    expect(servedType(type)).toBe(served);
  });
});

describe('safePolicy', () => {
  it.each(['audio/wav', 'video/mp4'])('lets %s be played, and nothing run', (type) => {
    expect(safePolicy(type)).toBe(
      "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox allow-same-origin",
    );
  });

  it.each(['text/html', 'image/png', 'application/pdf', 'audio/x+xml', 'audio/wav, text/html'])(
    'lets %s have nothing',
    (type) => {
      expect(safePolicy(type)).toBe("default-src 'none'; sandbox");
    },
  );
});
