import { Duration, Size } from 'cdk8s';
import * as grammar from '../../../lib/private/nginx/grammar';
import { Word } from '../../../lib/private/nginx/word';

/** Values of another type, as JavaScript lets them through. */
const NO_STRINGS = [undefined, null, 80, {}, ['a']] as unknown as string[];
const LABEL63 = 'a'.repeat(63);
const NAME253 = [LABEL63, LABEL63, LABEL63, 'a'.repeat(61)].join('.');
const NAME254 = [LABEL63, LABEL63, LABEL63, 'a'.repeat(62)].join('.');

/** What nginx would take for something else in any position. */
const NGINX_WORDS = ['~^a$', '$host', '$hostname', 'a b', 'a;b', 'a{b', 'a}b', 'a"b', '"', 'a\'b', 'a#b', 'a\\b', 'a\nb', 'a\r\nb', 'a\tb', 'a\u0000b', 'a\u007fb'];

describe('a DNS name', () => {
  const check = (value: string) => grammar.domainName('host', value);

  test.each(['example.com', 'a', 'localhost', '1a.2b', '3com.example', 'xn--bcher-kva.example', 'a-b.c-d', LABEL63, NAME253])('can be %s', (value) => {
    expect(check(value)).toBe(value);
  });

  test.each([...NGINX_WORDS, '.example.com', 'example..com', '-a.com', 'a-.com', 'a_b.com', 'a/b', `${LABEL63}a`, NAME254, 'www.*', '.', ' example.com'])(
    'cannot be %j', (value) => {
      expect(() => check(value)).toThrow('a DNS name has labels of a-z, 0-9 and "-", at most 63 characters each, with dots between them and 253 in all');
    });

  test.each(['10.10.20.21', '1.2.3', '2130706433', 'example.1'])('cannot be %s, which ends like an address', (value) => {
    expect(() => check(value)).toThrow(`'host' is "${value}": a DNS name has labels`);
  });

  test.each([
    ['https://example.com/', '; leave the scheme and the path out'],
    ['example.com:8080', '; the port has a prop of its own'],
    ['*.example.com', '; a domain with all its sub-domains belongs into \'wildcardDomains\', without "*."'],
    ['Example.COM', '; write "example.com"'],
    ['example.com.', '; write "example.com"'],
    ['bücher.example', '; write "xn--bcher-kva.example"'],
  ])('that is %s is refused with the fix', (value, fix) => {
    expect(() => check(value)).toThrow(`with dots between them and 253 in all${fix}`);
    expect(() => check(value)).toThrow(`'host' is "${value}"`);
  });

  test.each(['', ...NO_STRINGS])('is a string and not %j', (value) => {
    expect(() => check(value)).toThrow('a DNS name is expected, such as "example.com"');
  });
});

describe('a server name', () => {
  const check = (value: string) => grammar.serverName('domains[0]', value);

  test.each(['example.com', '10.10.20.2'])('can be %s', (value) => {
    expect(check(value)).toBe(value);
  });

  test.each(['~example', '*.com', 'www.*', '.example.com', '_', '', '$hostname', 'a b', 'a/b', 'a:80', 'ä.example', '::1', '[::1]', '010.0.0.1', '127.1', '1.2.3.256'])(
    'cannot be %j', (value) => {
      expect(() => check(value)).toThrow(`'domains[0]' is ${JSON.stringify(value)}: a DNS name`);
    });
});

describe('an address', () => {
  const check = (value: string) => grammar.ipAddress('address', value);

  test.each([
    ['10.10.20.0', '10.10.20.0'],
    ['0.0.0.0', '0.0.0.0'],
    ['::1', '::1'],
    ['2001:DB8:0:0::0001', '2001:db8::1'],
  ])('%s is %s', (value, canonical) => {
    expect(check(value)).toBe(canonical);
  });

  test.each([
    '', '10.10.20.21:80', '010.0.0.1', '127.1', '0x7f.0.0.1', '2130706433', '1.2.3.256', '[::1]', 'fe80::1%eth0', '::1/64', 'node1', 'unix:/run/docker.sock',
    ' 10.0.0.1', '10.0.0.1\n', ...NO_STRINGS,
  ])('cannot be %j', (value) => {
    expect(() => check(value)).toThrow('an IPv4 or IPv6 address without a port is expected, such as "10.10.20.21"');
  });
});

describe('a port', () => {
  test.each([1, 80, 65535])('can be %d', (value) => {
    expect(grammar.port('port', value)).toBe(value);
  });

  test.each([0, -1, 65536, 80.5, NaN, Infinity, '80' as unknown as number])('cannot be %s', (value) => {
    expect(() => grammar.port('port', value)).toThrow('the port must be 1..65535');
  });
});

describe('a target', () => {
  const check = (value: string) => grammar.target('targets[0]', value, 443);

  test.each([
    ['10.10.20.21', { host: '10.10.20.21', port: 443, isName: false }],
    ['10.10.20.21:8443', { host: '10.10.20.21', port: 8443, isName: false }],
    ['[2001:db8::1]', { host: '2001:db8::1', port: 443, isName: false }],
    ['[2001:DB8:0::1]:80', { host: '2001:db8::1', port: 80, isName: false }],
    ['api.partner.example', { host: 'api.partner.example', port: 443, isName: true }],
    ['api.partner.example:65535', { host: 'api.partner.example', port: 65535, isName: true }],
  ])('%s is %j', (value, address) => {
    expect(check(value)).toEqual(address);
  });

  test.each(['10.10.20.21:99999', '10.10.20.21:0', '10.10.20.21:', '10.10.20.21:080', '[::1]:', '[::1]:65536', 'a.example:0'])(
    '%s has no port of 1..65535', (value) => {
      expect(() => check(value)).toThrow(`'targets[0]' is "${value}": the port must be 1..65535`);
    });

  test.each(['127.1', '010.0.0.1', '0x7f.1', '0X7F000001', '2130706433', '1.2.3.256', '1.2.3.4.5'])('%s is what a C library would take for an address', (value) => {
    expect(() => check(value)).toThrow(`'targets[0]' is "${value}": an IPv4 address has four numbers of 0..255 without leading zeros`);
  });

  test.each(['[]', '[1.2.3.4]', '[::g]:80', '[fe80::1%eth0]:80', '[a.example]:80'])('%s has no IPv6 address in its brackets', (value) => {
    expect(() => check(value)).toThrow('between the brackets an IPv6 address is expected');
  });

  test.each(['unix:/var/run/docker.sock', 'a:b:c', '10.0.0.1:80:80', '10.0.0.1:8o', '', ':80', '[::1', '10.0.0.1]', ...NO_STRINGS])('%j has not the form of one', (value) => {
    expect(() => check(value)).toThrow('a target is "ip", "ip:port", "[ipv6]:port" or "name:port"');
  });

  test('an IPv6 address without brackets is refused with the fix', () => {
    expect(() => check('2001:db8::1')).toThrow('or "name:port"; write "[2001:db8::1]:443"');
  });

  test('a scheme is refused with the fix', () => {
    expect(() => check('https://partner.example')).toThrow('or "name:port"; leave the scheme out, it has a prop of its own');
  });

  test.each(['Partner.example', 'a_b', '~a', 'a b', 'a;b', '$host', 'a/b', '10.0.0.1; } server { listen 9999; }'])('%j is no name either', (value) => {
    expect(() => check(value)).toThrow(/a DNS name has labels|a target is/);
  });

  test('is written with its port, and IPv6 in brackets', () => {
    expect(grammar.socketAddress('10.10.20.21', 80)).toBe('10.10.20.21:80');
    expect(grammar.socketAddress('2001:db8::1', 443)).toBe('[2001:db8::1]:443');
    expect(grammar.socketAddress('a.example', 443)).toBe('a.example:443');
  });
});

describe('a range of addresses', () => {
  const check = (value: string) => grammar.cidr('allow[0]', value);

  test.each(['10.0.0.0/8', '10.10.20.21', '10.10.20.21/32', '192.168.0.0/16', '2001:db8::/32', '2001:db8::1', '::1/128', '10.0.0.128/25'])('can be %s', (value) => {
    expect(check(value)).toBe(value);
  });

  test.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.0.0.129/25', '10.0.0.128/25'],
    ['2001:db8:1::1/32', '2001:db8::/32'],
    ['::ffff:10.0.0.1/96', '::ffff:0:0/96'],
  ])('%s is refused with the fix %s', (value, network) => {
    expect(() => check(value)).toThrow(`'allow[0]' is "${value}": the address has bits behind the prefix: write "${network}"`);
  });

  test.each(['', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/08', '10.0.0.0/-1', '10.0.0/8', '::/129', '10.0.0.0/8/8', 'all', 'unix:', 'a.example', '10.0.0.0-10.0.0.9', ...NO_STRINGS])(
    'cannot be %j', (value) => {
      expect(() => check(value)).toThrow('a range of addresses is expected, such as "10.0.0.0/8" or "10.10.20.21"');
    });
});

describe('the name of a header', () => {
  const check = (value: string) => grammar.headerName('name', value);

  test.each(['X-Api-Key', 'app_key', 'a', 'X.Y', '!#%&\'*+.^_`|~-'])('can be %s', (value) => {
    expect(check(value)).toBe(value);
  });

  test.each(['', 'a b', 'a:b', 'a\r\nb', '$x', 'ä', 'a"b', 'a;b', 'a(b)', 'a{b', 'a/b', 'x'.repeat(101), ...NO_STRINGS])('cannot be %j', (value) => {
    expect(() => check(value)).toThrow('the name of a header has 1..100 characters of A-Z, a-z, 0-9, "-" and "_"');
  });
});

describe('the value of a header', () => {
  const check = (value: string) => grammar.headerValue('value', value);

  test.each(['secret', 'a b', 'costs 3 $', '"quoted"', '\\', 'käse', '{;}#'])('can be %j', (value) => {
    expect(check(value)).toBe(value);
  });

  test.each(['a\r\nX-Evil: 1', 'a\nb', 'a\tb', 'a\u0000', 'a\u007f', 'a\ud83e'])('cannot be %j', (value) => {
    expect(() => check(value)).toThrow('the value of a header has no line break, no other control character and no half character');
  });

  test.each([' a', 'a ', ' '])('has no space at the ends of %j', (value) => {
    expect(() => check(value)).toThrow('spaces at the start or the end of a header\'s value are lost on the way: leave them out');
  });

  test.each(['', ...NO_STRINGS])('is at least one character and not %j', (value) => {
    expect(() => check(value)).toThrow('a value of at least one character is expected; removing a header is \'removeHeader\'');
  });

  test('is as long as a word that nginx reads, with what stands for quotes and dollar signs', () => {
    const reason = 'it is longer than nginx reads: 4092 bytes, of which a quote or a backslash takes 2 and "$" takes 19';

    ['x'.repeat(4092), 'ä'.repeat(2046), '"'.repeat(2046), '$'.repeat(215)].forEach((value) => {
      expect(() => Word.complex(check(value))).not.toThrow();
      expect(() => check(`${value}${value[0]}`)).toThrow(reason);
    });
  });
});

describe('a path of a request', () => {
  const check = (value: string) => grammar.locationPath('path', value);

  test.each(['/', '/a', '/a/b.c', '/a-b_c~d', '/v1.0/@me', '/a!&\'()*+,=:'])('can be %s', (value) => {
    expect(check(value)).toBe(value);
  });

  test.each(['', 'a', '~^/a', '=/a', '^~/a', '@n', ...NO_STRINGS])('starts with a slash and not like %j', (value) => {
    expect(() => check(value)).toThrow('a path starts with "/"');
  });

  test.each([['/a/', '/a'], ['/a//', '/a'], ['//', '/']])('%s is refused with the fix', (value, fix) => {
    expect(() => check(value)).toThrow(`'path' is "${value}": a path has no slash at the end: "${fix}" is that path and everything below it`);
  });

  test.each(['/a?b', '/a#b', '/a b', '/a%20b', '/ä', '/a;b', '/a{b', '/a"b', '/$a', '/a\nb', '/a\\b'])('cannot be %j', (value) => {
    expect(() => check(value)).toThrow('a path has the characters A-Z, a-z, 0-9 and . _ ~ - ! & \' ( ) * + , = : @ only, and no query');
  });

  test.each(['/../a', '/a/..', '/a/./b', '/a//b', '//a', '/.'])('%s is what nginx resolves first', (value) => {
    expect(() => check(value)).toThrow('a path has no "//", "/./" or "/../", since nginx resolves them in the request first');
  });

  test('is not longer than nginx 1.22 can tell from others', () => {
    expect(check(`/${'a'.repeat(253)}`)).toHaveLength(254);
    expect(() => check(`/${'a'.repeat(254)}`)).toThrow('a path has at most 254 characters: nginx before 1.23 keeps the length of a location in one byte');
  });
});

describe('the path of a file', () => {
  const check = (value: string) => grammar.filePath('certificate', value);

  test.each(['/etc/nginx/conf.d/ssl/cluster.k8s.pem', '/a', '/a@b/c+d-e_f', '/etc/..data/ca.crt'])('can be %s', (value) => {
    expect(check(value)).toBe(value);
  });

  test.each([
    '', '/', 'ssl/cluster.pem', './a', '/etc/../shadow', '/etc/./a', '/etc/..', '//etc', '/etc/', 'data:$http_x', '/nope/$host.pem', 'syslog:server=10.0.0.1', 'off',
    'memory:32m', '/a b', '/a;b', '/a"b', '/ä', '/a\nb', `/${'a'.repeat(4000)}`, ...NO_STRINGS,
  ])('cannot be %j', (value) => {
    expect(() => check(value)).toThrow('an absolute path is expected, of A-Z, a-z, 0-9 and . _ @ + - between the slashes, without "..": "/etc/nginx/conf.d/ssl/cluster.k8s.pem"');
  });
});

test('a file system takes no part of a path above 255 characters', () => {
  expect(grammar.filePath('key', `/${'a'.repeat(255)}/b`)).toHaveLength(258);
  expect(() => grammar.filePath('key', `/${'a'.repeat(256)}/b`)).toThrow(': what stands between two slashes has at most 255 characters');
});

test('a file that is named after a value has at most 255 characters', () => {
  expect(grammar.fileNamedAfter('domain', 'a.example', 'a.example.conf')).toBe('a.example.conf');
  expect(() => grammar.fileNamedAfter('domain', 'a.example', `${'a'.repeat(251)}.conf`)).toThrow(
    `'domain' is "a.example": a file is named after it, ${'a'.repeat(251)}.conf, and the name of a file has at most 255 characters`);
});

describe('a name of our own', () => {
  const check = (value: string) => grammar.identifier('name', value);

  test.each(['prod', 'a', '7', 'a-b-1', LABEL63])('can be %s', (value) => {
    expect(check(value)).toBe(value);
  });

  test.each([...NGINX_WORDS, '', 'A', '-a', 'a-', 'a_b', 'a.b', 'a/b', '127.0.0.1', `${LABEL63}a`, ...NO_STRINGS])('cannot be %j', (value) => {
    expect(() => check(value)).toThrow('a name has 1..63 characters of a-z, 0-9 and "-", and starts and ends with a letter or a digit');
  });
});

describe('a part of a file\'s name', () => {
  const check = (value: string) => grammar.fileNamePart('application', value);

  test.each(['a', 'Shop_2.0-b', 'x'.repeat(63)])('can be %s', (value) => {
    expect(check(value)).toBe(value);
  });

  test.each([...NGINX_WORDS, '', '.a', '..', '-a', '_a', 'a/b', 'ä', 'x'.repeat(64), ...NO_STRINGS])('cannot be %j', (value) => {
    expect(() => check(value)).toThrow('1..63 characters of A-Z, a-z, 0-9 and . _ - are allowed, and the first is a letter or a digit, since a file is named after it');
  });
});

describe('a Unix user', () => {
  const check = (value: string) => grammar.userName('user', value);

  test.each(['nginx', 'www-data', '_www', 'a1'])('can be %s', (value) => {
    expect(check(value)).toBe(value);
  });

  test.each([...NGINX_WORDS, '', 'Root', '1a', '-a', 'a'.repeat(33), ...NO_STRINGS])('cannot be %j', (value) => {
    expect(() => check(value)).toThrow('a Unix user has 1..32 characters of a-z, 0-9, "_" and "-", and no digit first, such as "nginx" or "www-data"');
  });
});

describe('a comment', () => {
  const check = (value: string) => grammar.commentLine('description', value);

  test('can be any line of text, without the spaces around it', () => {
    expect(check('  käse # "a"; } $b  ')).toBe('käse # "a"; } $b');
  });

  test.each(['', '  ', 'a\nb', 'a\rb', 'a\tb', 'a\u0000b', '\ud83e', ...NO_STRINGS])('cannot be %j', (value) => {
    expect(() => check(value)).toThrow('one line of text is expected');
  });
});

describe('a size', () => {
  const check = (value: Size) => grammar.kibibytes('maxBodySize', value);

  test.each([
    [Size.kibibytes(1), 1, '1k'],
    [Size.kibibytes(1023), 1023, '1023k'],
    [Size.kibibytes(1024), 1024, '1m'],
    [Size.kibibytes(1536), 1536, '1536k'],
    [Size.mebibytes(16), 16 * 1024, '16m'],
    [Size.gibibytes(1), 1024 ** 2, '1024m'],
    [Size.pebibyte(1), 1024 ** 4, '1073741824m'],
  ])('is written as nginx reads it', (value, kibibytes, text) => {
    expect(check(value)).toBe(kibibytes);
    expect(grammar.size(kibibytes)).toBe(text);
  });

  test('cannot be 0, which nginx would take as unlimited', () => {
    expect(() => check(Size.mebibytes(0)))
      .toThrow('\'maxBodySize\' is "0 KiB": a whole number of kibibytes from 1 KiB to 1 PiB is expected; nginx would take 0 as "unlimited"');
  });

  test.each([Size.kibibytes(1.5), Size.kibibytes(0.5), Size.pebibyte(2), Size.kibibytes(NaN)])('has bounds', (value) => {
    expect(() => check(value)).toThrow('a whole number of kibibytes from 1 KiB to 1 PiB is expected');
  });
});

describe('a time', () => {
  const check = (value: Duration) => grammar.milliseconds('readTimeout', value);

  test.each([
    [Duration.millis(1), 1, '1ms'],
    [Duration.millis(1500), 1500, '1500ms'],
    [Duration.seconds(60), 60_000, '60s'],
    [Duration.minutes(5), 300_000, '300s'],
    [Duration.days(24), 2_073_600_000, '2073600s'],
  ])('is written as nginx reads it', (value, milliseconds, text) => {
    expect(check(value)).toBe(milliseconds);
    expect(grammar.time(milliseconds)).toBe(text);
  });

  test('cannot be 0, which nginx would take as at once', () => {
    expect(() => check(Duration.seconds(0)))
      .toThrow('\'readTimeout\' is "0 ms": a whole number of milliseconds from 1 ms to 24 days is expected; nginx would take 0 as "at once"');
  });

  test.each([Duration.millis(1.5), Duration.days(25)])('has bounds', (value) => {
    expect(() => check(value)).toThrow('a whole number of milliseconds from 1 ms to 24 days is expected');
  });
});

describe('a whole number', () => {
  const check = (value: number) => grammar.integer('weight', value, 1, 1000);

  test.each([1, 1000])('can be %d', (value) => {
    expect(check(value)).toBe(value);
  });

  test.each([0, 1001, 1.5, NaN, '1' as unknown as number])('cannot be %s', (value) => {
    expect(() => check(value)).toThrow('a whole number from 1 to 1000 is expected');
  });
});
