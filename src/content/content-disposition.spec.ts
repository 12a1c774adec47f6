import { contentDisposition } from './content-disposition.js';

describe('contentDisposition', () => {
  it('writes a plain name as it is', () => {
    expect(contentDisposition('attachment', 'take one.wav')).toBe('attachment; filename="take one.wav"');
  });

  it('writes any other name twice: for those who read RFC 8187, and for those who do not', () => {
    expect(contentDisposition('inline', "Sesión №1 'a'.wav")).toBe(
      `inline; filename="Sesi_n _1 'a'.wav"; filename*=UTF-8''Sesi%C3%B3n%20%E2%84%961%20%27a%27.wav`,
    );
  });

  it.each(['a"b.wav', 'a\\b.wav', 'a%41.wav', 'a\r\nSet-Cookie: x.wav'])(
    'lets %j neither end the value nor the header',
    (name) => {
      const header = contentDisposition('attachment', name);
      expect(header).toMatch(/^attachment; filename="[^"\\%\r\n]*"; filename\*=UTF-8''[A-Za-z0-9%._~!-]+$/);
    },
  );
});
