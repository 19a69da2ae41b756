import fc, { Arbitrary } from 'fast-check';

/* Strings that look for holes: what nginx, YAML, a shell, HTTP or JavaScript gives a meaning to. */

const FRAGMENTS = [
  '"', '\'', '\\', '`', '$', '$$', '${', '${{', '${x}', '$host', '$1', '{', '}', ';', '#', '\\"', '\\\'', '\\\\', '\\n', '\\$', '\\;',
  '\n', '\r', '\r\n', '\t', ' ', '\u0000', '\u0001', '\u000b', '\u001b', '\u007f', '\u0080', '\u0085', '\u00a0', '\u2028', '\ufeff',
  '\ud83e', '\uddc0', '🧀', 'é', 'ß', 'İ', '系统', '\u202e', '\uffff',
  '~', '~*', '^~', '=', '@', '*', '*.', '.', '..', '/', '//', '/../', '/./', ':', '::', ':80', '%', '%0a', '%00', '?', '&', '<', '>', '[', ']', '(', ')',
  '|', '!', ',', '-', '--', '_', '+', '^', 'a', 'b', 'Z', '0', '9', 'xn--', '0x7f',
  ' } server { listen 9999; ', '; return 200 x; ', '"; return 200 x; #', '\'; include /etc/passwd; \'', '\r\nX-Evil: 1', '$(id)', '$(POD)', '*/',
];
const WHOLE = [
  '', ' ', '.', '-', '~^.*$', '~', '=', '@a', '*', '*.com', 'www.*', '.example.com', '$hostname', '_', '""', 'localhost', 'default', 'hostnames', 'include', 'volatile',
  'server', 'return', 'off', 'on', 'all', 'none', 'stderr', 'http', 'if', 'unix:/var/run/docker.sock', 'http://unix:/x', 'data:$http_x', 'syslog:server=10.0.0.1',
  'memory:32m', 'engine:x:y', 'store:x', '/dev/stdout', '/etc/../etc/passwd', '127.1', '0x7f.0.0.1', '2130706433', '010.0.0.1', '::', '::1', '[::1]', '[::1]:80', '0.0.0.0', '0.0.0.0/0',
  'a.0x1', 'xn--a', 'xn--a.example', '1.2.3', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'null', 'undefined', 'NaN', 'true', '1.22', '1.24.0', '1.99', '1.22.x',
  'a'.repeat(63), 'a'.repeat(64), 'a'.repeat(5000), '$'.repeat(300), '"'.repeat(3000), '\\'.repeat(2047), '系'.repeat(1500), 'a.'.repeat(126) + 'a', `/${'a'.repeat(300)}`,
  ' a', 'a ', '\u00a0a', '\ud83e', 'a\n', '\n', '\r', '\u0000', '#', '{', '}', ';', '\\', '"', '\'', '$',
];

const fragments = fc.array(fc.constantFrom(...FRAGMENTS), { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''));
const codeUnits = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 }).map((codes) => String.fromCharCode(...codes));

/** Strings of some characters; building `fc.string` with whole alphabets takes a second. */
function stringOf(characters: string, minLength: number, maxLength: number): Arbitrary<string> {
  return fc.array(fc.constantFrom(...characters), { minLength, maxLength, size: 'max' }).map((each) => each.join(''));
}

/** Strings of whole characters, those of each range as often as those of the others. */
function charactersOf(ranges: readonly (readonly [min: number, max: number])[], minLength: number, maxLength: number): Arbitrary<string> {
  const character = fc.oneof(...ranges.map(([min, max]) => fc.integer({ min, max }).map((code) => String.fromCodePoint(code))));
  return fc.array(character, { minLength, maxLength, size: 'max' }).map((each) => each.join(''));
}

const ASCII = [0x20, 0x7e] as const;
const PRINTED = [ASCII, [0x21, 0x7e], [0xa0, 0x17f], [0x2000, 0x206f], [0x4e00, 0x9fff], [0x1f300, 0x1faff]] as const;
const ALL = [[0, 0x7f], [0x80, 0xd7ff], [0xe000, 0xffff], [0x10000, 0x10ffff]] as const;

/** Anything. */
export const nasty: Arbitrary<string> = fc.oneof(fc.constantFrom(...WHOLE), fragments, charactersOf(ALL, 0, 40), codeUnits);

/** What a position is meant for, that with something in it that may not belong there, and anything. */
export function like(meant: Arbitrary<string>): Arbitrary<string> {
  const broken = fc.tuple(meant, fc.constantFrom(...FRAGMENTS), fc.nat()).map(([text, fragment, n]) => {
    const at = n % (text.length + 1);
    return text.slice(0, at) + fragment + text.slice(at);
  });
  return fc.oneof({ weight: 4, arbitrary: meant }, { weight: 3, arbitrary: broken }, { weight: 3, arbitrary: nasty });
}

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const LETTERS = LOWER + LOWER.toUpperCase();

const label = fc.oneof(
  { weight: 6, arbitrary: stringOf(LOWER + DIGITS + '-', 1, 12) },
  { weight: 1, arbitrary: stringOf(LOWER + DIGITS, 63, 63) },
);

export const domains = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
export const names = fc.oneof(label, stringOf(LOWER, 1, 63));
export const fileNameParts = stringOf(`${LETTERS}${DIGITS}._-`, 1, 63);

const octet = fc.integer({ min: 0, max: 255 });
export const ipv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
/** All spellings: leading zeros, upper case, zeros left out anywhere, the end in the form of IPv4. */
export const ipv6 = fc.tuple(
  fc.array(fc.oneof(fc.constant('0'), fc.constant('0000'), fc.integer({ min: 0, max: 0xffff }).map((n) => n.toString(16))), { minLength: 8, maxLength: 8 }),
  fc.integer({ min: -1, max: 8 }), fc.integer({ min: 1, max: 8 }), fc.boolean(), fc.boolean(), ipv4,
).map(([groups, at, count, upper, mixed, tail]) => {
  const parts = mixed ? [...groups.slice(0, 6), tail] : groups;
  const text = at < 0 ? parts.join(':') : `${parts.slice(0, at).join(':')}::${parts.slice(at + count).join(':')}`;
  return upper ? text.toUpperCase() : text;
});
export const addresses = fc.oneof(ipv4, ipv6);
export const ranges = fc.oneof(
  addresses,
  fc.tuple(ipv4, fc.integer({ min: 0, max: 32 })).map(([address, bits]) => masked(address, bits)),
  fc.tuple(ipv6, fc.constantFrom(64, 128)).map(([address, bits]) => `${bits === 64 ? `${address.split(':').slice(0, 3).join(':')}::` : address}/${bits}`),
);

function masked(address: string, bits: number): string {
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const network = number - number % 2 ** (32 - bits);
  return `${[24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256).join('.')}/${bits}`;
}

const ports = fc.oneof(fc.integer({ min: 1, max: 65535 }), fc.constantFrom(0, 65536, 80, 443));
export const targets = fc.tuple(fc.oneof(ipv4, ipv6.map((address) => `[${address}]`), domains), fc.option(ports))
  .map(([host, port]) => (port === null ? host : `${host}:${port}`));

export const text = fc.oneof(charactersOf(PRINTED, 1, 60), charactersOf([ASCII], 1, 60), stringOf('"\\$\'{};# a', 1, 30), charactersOf(PRINTED, 200, 700));
export const lines = fc.array(fc.tuple(text, fc.constantFrom('\n', '\r\n', '\r', '\t', '')), { minLength: 1, maxLength: 30 }).map((parts) => parts.flat().join(''));

export const headerNames = stringOf(`${LETTERS}${DIGITS}!#%&'*+.^_\`|~-`, 1, 100);
export const paths = fc.oneof(
  { weight: 6, arbitrary: fc.array(stringOf(`${LETTERS}${DIGITS}._~!&'()*+,=:@-`, 1, 12), { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`) },
  // as long as nginx can tell from others, and longer
  { weight: 1, arbitrary: fc.integer({ min: 240, max: 300 }).map((length) => `/${'a'.repeat(length)}`) },
);
/** Paths that have much in common. */
export const similarPaths = stringOf('aA-_~/', 1, 6).map((path) => `/${path}`);
/** Names that have much in common. */
export const similarDomains = fc.array(fc.constantFrom('a', 'b', 'a-b', 'b-a', 'a-a'), { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
export const filePaths = fc.oneof(
  { weight: 5, arbitrary: fc.array(fileNameParts, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`) },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 300 }).map((length) => `/${'a'.repeat(length)}`) },
);

export const urls = fc.tuple(fc.constantFrom('http', 'https'), fc.oneof(domains, ipv4, ipv6.map((address) => `[${address}]`)), fc.option(ports),
  fc.oneof(fc.constantFrom('', '/', '/?a=b'), stringOf(`${LETTERS}${DIGITS}._~!&'()*+,;=:@/?%-`, 0, 60).map((path) => `/${path}`)))
  .map(([scheme, host, port, path]) => `${scheme}://${host}${port === null ? '' : `:${port}`}${path}`);

export const labelKeys = fc.tuple(fc.option(domains), fileNameParts).map(([prefix, name]) => (prefix === null ? name : `${prefix}/${name}`));
export const versions = fc.tuple(fc.nat(2), fc.nat(40), fc.option(fc.nat(10))).map((parts) => parts.filter((part) => part !== null).join('.'));
export const images = fc.tuple(fc.option(domains), names, fc.option(versions)).map(([registry, name, tag]) => `${registry === null ? '' : `${registry}/`}${name}${tag === null ? '' : `:${tag}`}`);

const word = fc.constantFrom('a', 'b-c', '"d e"', '\'f;g\'', '${x}', '$y', '${{', '$', '"$"', '\\;', 'h\\{', '\\${', 'i\\', '\u00a0"', '\u2028', '#', 'j#', '"k\\"l"', '"{"', 'm}', '"n")');
/** Directives and blocks of any words. */
export const directives = fc.array(
  fc.tuple(fc.array(word, { minLength: 1, maxLength: 4 }), fc.constantFrom(';', '; ', ';\n', ' {}', ' { o; }', '{\n#}\n}', ' ; # ;\n')),
  { minLength: 1, maxLength: 3 },
).map((parts) => parts.map(([words, end]) => words.join(' ') + end).join(''));
