import { appConfig } from './app.config.js';

describe('CORS_ORIGINS', () => {
  const before = process.env['CORS_ORIGINS'];
  afterEach(() => {
    if (before === undefined) delete process.env['CORS_ORIGINS'];
    else process.env['CORS_ORIGINS'] = before;
  });

  it.each([
    ['https://app.example.org, http://localhost:5173', ['https://app.example.org', 'http://localhost:5173']],
    ['http://[::1]:3000', ['http://[::1]:3000']],
    ['*', ['*']],
    ['', []],
  ])('takes %s', (text, expected) => {
    process.env['CORS_ORIGINS'] = text;
    expect(appConfig().corsOrigins).toEqual(expected);
  });

  it.each([
    'https://app.example.org/',
    'https://app.example.org/page',
    'https://App.example.org',
    'https://app.example.org:443',
    'app.example.org',
    'ftp://app.example.org',
    'https://*.example.org',
    'null',
    '* https://app.example.org',
  ])('stops the start with %s, and says what to write', (text) => {
    process.env['CORS_ORIGINS'] = `http://fine.example ${text}`;
    expect(() => appConfig()).toThrow(/CORS_ORIGINS has .*such as https:\/\/app\.example\.org/);
  });
});
