import { blank, block, comment, directive, noted, raw } from '../../../lib/private/nginx/document';
import { commentText, print } from '../../../lib/private/nginx/print';

test('directives that stand together have their arguments in one column', () => {
  expect(print([directive('listen', 80), directive('server_name', 'a.example', 'b.example'), blank(), directive('root', '/srv')])).toBe([
    'listen      80;',
    'server_name a.example b.example;',
    '',
    'root /srv;',
    '',
  ].join('\n'));
});

test('blocks and comments begin new columns', () => {
  expect(print([directive('a', 1), comment('c'), directive('long_name', 2), block('b', [], [directive('c', 3)]), directive('d', 4)])).toBe([
    'a 1;',
    '# c',
    'long_name 2;',
    'b {',
    '    c 3;',
    '}',
    'd 4;',
    '',
  ].join('\n'));
});

test('blocks are indented by four spaces', () => {
  expect(print([block('http', [], [block('location', ['=', '/healthz'], [directive('return', 204), blank(), comment('two\nlines')])])])).toBe([
    'http {',
    '    location = /healthz {',
    '        return 204;',
    '',
    '        # two',
    '        # lines',
    '    }',
    '}',
    '',
  ].join('\n'));
});

test('a directive without arguments, and a block without content', () => {
  expect(print([directive('stub_status'), block('events', [], [])])).toBe('stub_status;\nevents { }\n');
});

test('a note stands behind its directive', () => {
  expect(print([noted(directive('server', '10.10.20.21:80'), 'node1\n} evil')])).toBe('server 10.10.20.21:80;  # node1 } evil\n');
});

test('raw text keeps its lines', () => {
  expect(print([raw('proxy_buffering off;\nproxy_cache off;')])).toBe('proxy_buffering off;\nproxy_cache off;\n');
});

test('an empty document is an empty line', () => {
  expect(print([])).toBe('\n');
});

test.each([
  ['carriage return', 'a\r} evil', 'a } evil'],
  ['next line', 'a\u0085b', 'a b'],
  ['line separator', 'a\u2028b', 'a b'],
  ['paragraph separator', 'a\u2029b', 'a b'],
  ['several of them', 'a\r\n\tb', 'a b'],
  ['zero byte', 'a\u0000b', 'a b'],
  ['space around it', '  a  ', 'a'],
  ['half a character', 'a\ud83eb', 'a\ufffdb'],
])('no %s leaves the line of a comment', (_, text, expected) => {
  expect(commentText(text)).toBe(expected);
});

test('a long comment is cut between characters', () => {
  const text = commentText('🧀'.repeat(300));

  expect([...text]).toHaveLength(200);
  expect(text.endsWith('🧀…')).toBe(true);
});
