import { DOLLAR, isWellFormed, variable, Variable, Word } from '../../../lib/private/nginx/word';

const HOST = variable('host');

describe('a literal word', () => {
  test.each([
    ['prod.cluster.k8s', 'prod.cluster.k8s'],
    ['/var/log/nginx/a_b.log', '/var/log/nginx/a_b.log'],
    ['[2001:db8::1]:443', '[2001:db8::1]:443'],
    ['max_fails=3', 'max_fails=3'],
    [443, '443'],
  ])('%s stands without quotes', (value, text) => {
    expect(Word.literal(value).text).toBe(text);
  });

  test.each([
    ['', '""'],
    ['a b', '"a b"'],
    ['a;b', '"a;b"'],
    ['a{b', '"a{b"'],
    ['}', '"}"'],
    ['#a', '"#a"'],
    ['\'a\'', '"\'a\'"'],
    ['say "a"', '"say \\"a\\""'],
    ['C:\\temp', '"C:\\\\temp"'],
    ['\\', '"\\\\"'],
    ['\\n', '"\\\\n"'],
    ['käse 🧀', '"käse 🧀"'],
    ['\u2028', '"\u2028"'],
  ])('%j stands in quotes', (value, text) => {
    expect(Word.literal(value).text).toBe(text);
  });

  test.each(['$host', 'a$', '${x}'])('%s is refused, since it cannot hold a dollar sign', (value) => {
    expect(() => Word.literal(value)).toThrow(`"${value}" has a dollar sign, which this position cannot hold`);
  });
});

describe('a complex word', () => {
  test.each([
    ['text alone', Word.complex('prod.cluster.k8s'), 'prod.cluster.k8s'],
    ['a variable', Word.complex(HOST), '$host'],
    ['text before a variable', Word.complex('https://', HOST), 'https://$host'],
    ['text behind a variable that would run into its name', Word.complex(HOST, 'ing'), '${host}ing'],
    ['text behind a variable that would not', Word.complex(HOST, ':8443'), '$host:8443'],
    ['two variables', Word.complex('https://', HOST, variable('request_uri')), 'https://$host$request_uri'],
    ['a variable between quoted text', Word.complex('a b', HOST), '"a b$host"'],
    ['nothing', Word.complex(''), '""'],
    ['nothing at all', Word.complex(), '""'],
    ['a dollar sign', Word.complex('$'), '"${gatehouse_dollar}"'],
    ['what looks like a variable', Word.complex('$host'), '"${gatehouse_dollar}host"'],
    ['what looks like a variable in braces', Word.complex('${host}'), '"${gatehouse_dollar}{host}"'],
    ['several dollar signs', Word.complex('a$$b$'), '"a${gatehouse_dollar}${gatehouse_dollar}b${gatehouse_dollar}"'],
    ['quotes and backslashes', Word.complex('"\\'), '"\\"\\\\"'],
  ])('%s', (_, word, text) => {
    expect(word.text).toBe(text);
  });

  test('knows whether it uses the variable that holds a dollar sign', () => {
    expect(Word.complex('a$b').usesDollar).toBe(true);
    expect(Word.complex(DOLLAR).usesDollar).toBe(true);
    expect(Word.complex('ab', HOST).usesDollar).toBe(false);
  });
});

test.each([
  ['a line break', 'a\nb'],
  ['a carriage return', 'a\rb'],
  ['a tab', 'a\tb'],
  ['a zero byte', 'a\u0000b'],
  ['DEL', 'a\u007fb'],
  ['half a character', 'a\ud83d'],
])('%s is refused in literal and in complex words', (_, value) => {
  const message = `${JSON.stringify(value)} has a control character or half a character`;

  expect(() => Word.literal(value)).toThrow(message);
  expect(() => Word.complex(value)).toThrow(message);
});

test('a word is as long as nginx can read, and no longer', () => {
  expect(Word.literal('x'.repeat(4094)).text).toHaveLength(4094);
  expect(() => Word.literal('x'.repeat(4095))).toThrow('a word of 4095 bytes is longer than the 4094 that nginx reads');
});

test('quotes, escapes and the bytes of a character count', () => {
  expect(Word.literal(`${'"'.repeat(2046)}`).text).toHaveLength(4094);
  expect(() => Word.literal('"'.repeat(2047))).toThrow('a word of 4096 bytes is longer than the 4094 that nginx reads');
  expect(() => Word.literal('ä'.repeat(2047))).toThrow('a word of 4096 bytes');
  expect(() => Word.complex('$'.repeat(220))).toThrow('is longer than the 4094 that nginx reads');
});

test('quoted text keeps double quotes and variables as they are', () => {
  expect(Word.quoted('{"host":"$host"}').text).toBe('\'{"host":"$host"}\'');
});

test.each(['it\'s', 'a\\b', 'a\nb'])('quoted text has no %j', (text) => {
  expect(() => Word.quoted(text)).toThrow(`${text} cannot stand between single quotes`);
});

test('a raw word is what it was', () => {
  expect(Word.raw('"a $b"').text).toBe('"a $b"');
});

test.each(['', 'Host', 'http-x', '{host}', 'a b', '$host'])('"%s" is no name of a variable', (name) => {
  expect(() => new Variable(name)).toThrow(`"${name}" is no name of an nginx variable`);
});

test('half a surrogate pair is not well-formed', () => {
  expect(isWellFormed('🧀')).toBe(true);
  expect(isWellFormed('\ud83e')).toBe(false);
});
