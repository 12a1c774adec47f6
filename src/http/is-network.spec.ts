import { isNetwork } from './is-network.decorator.js';

describe('isNetwork', () => {
  it.each([
    '203.0.113.7',
    '203.0.113.0/24',
    '0.0.0.0/0',
    '10.1.2.3/32',
    '2001:db8::1',
    '2001:db8::/32',
    '::ffff:1.2.3.4',
  ])('takes %s', (text) => {
    expect(isNetwork(text)).toBe(true);
  });

  it.each([
    '',
    'localhost',
    '203.0.113',
    '203.0.113.256',
    '010.0.0.1',
    '203.0.113.7/33',
    '203.0.113.7/',
    '203.0.113.7/08',
    '203.0.113.7/-1',
    '2001:db8::/129',
    'fe80::1%eth0',
    ' 203.0.113.7',
    '203.0.113.7\n',
    '203.0.113.7,10.0.0.1',
    '*',
    7,
    null,
    ['203.0.113.7'],
  ])('refuses %p', (text) => {
    expect(isNetwork(text)).toBe(false);
  });
});
