import { redirectUrl } from '../../../lib/private/nginx/redirect-url';

describe('an address to which the path is appended', () => {
  test.each([
    ['https://new.example.com', 'https://new.example.com'],
    ['http://new.example.com/', 'http://new.example.com'],
    ['https://new.example.com:8443', 'https://new.example.com:8443'],
    ['http://10.10.20.2', 'http://10.10.20.2'],
    ['https://[2001:db8::1]:8443/', 'https://[2001:db8::1]:8443'],
  ])('%s is %s', (value, url) => {
    expect(redirectUrl('target', value, true)).toBe(url);
  });

  test.each(['https://new.example.com/app', 'https://new.example.com/?a'])('has no path of its own: %s', (value) => {
    expect(() => redirectUrl('target', value, true)).toThrow(
      `'target' is "${value}": the path that the client asked for is appended: leave the path out, or set 'keepPath: false'`);
  });
});

describe('a whole address', () => {
  const check = (value: string) => redirectUrl('target', value, false);

  test.each(['https://new.example.com', 'https://new.example.com/', 'https://new.example.com:8443/a/b.html?x=1&y=%20', 'http://10.10.20.2/~a;b=(c)', 'https://[::1]/a'])(
    'can be %s', (value) => {
      expect(check(value)).toBe(value);
    });

  test.each([
    '', 'new.example.com', '//new.example.com', 'ftp://new.example.com', 'HTTPS://new.example.com', 'https://new.example.com/#a', 'https://user@new.example.com',
    'https://user:password@new.example.com', 'https://a:b', 'https://new.example.com?a', 'https://2001:db8::1', 'javascript:alert(1)', undefined, null, 5,
  ])('cannot be %j', (value) => {
    expect(() => check(value as string)).toThrow('an address is "https://name", "https://name:port" or "https://name/path", without "#"');
  });

  test.each([
    ['https://New.example.com', 'a DNS name has labels'],
    ['https://$host/', 'a DNS name has labels'],
    ['https://a b/', 'a DNS name has labels'],
    ['https:///a', 'a DNS name is expected, such as "example.com"'],
    ['https://127.1/', 'an IPv4 or IPv6 address without a port is expected'],
    ['https://[10.0.0.1]/', '\'target\' is "https://[10.0.0.1]/": between the brackets an IPv6 address is expected'],
    ['https://[::g]/', 'an IPv4 or IPv6 address without a port is expected'],
    ['https://a.example:0/', 'the port must be 1..65535'],
    ['https://a.example:65536/', 'the port must be 1..65535'],
  ])('%s leads nowhere', (value, reason) => {
    expect(() => check(value)).toThrow(reason);
  });

  test.each(['https://a.example/$request_uri', 'https://a.example/a b', 'https://a.example/ä', 'https://a.example/a"b', 'https://a.example/a\r\nX-A: b'])(
    '%j has characters that are none of an address', (value) => {
      expect(() => check(value)).toThrow(
        `'target' is ${JSON.stringify(value)}: a path in an address has no spaces and only characters of ASCII: encode the others with "%"`);
    });

  test('is as long as a word that nginx reads', () => {
    const start = 'https://a.example/';

    expect(check(start + 'a'.repeat(4092 - start.length))).toHaveLength(4092);
    expect(() => check(start + 'a'.repeat(4093 - start.length))).toThrow('it is longer than nginx reads: 4092 bytes');
  });
});
