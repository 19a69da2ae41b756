import { balanced } from '../../../lib/private/nginx/balanced';

const check = (text: string) => balanced('text', text);

describe('whole directives are', () => {
  test.each([
    ['nothing at all', ''],
    ['a directive', 'gzip on;'],
    ['a directive on several lines', 'add_header X-A\n  "a b"\n  always;\n'],
    ['a directive with tabs and line breaks of Windows', '\tgzip on;\r\n'],
    ['a block', 'location /a { return 204; }'],
    ['blocks in blocks, empty ones too', 'if ($a) { } types { text/x x; }'],
    ['braces, semicolons and quotes in quotes', 'return 200 "a; } { \' b";'],
    ['the same in single quotes', 'return 200 \'a; } { " b\';'],
    ['a quote behind a backslash in quotes', 'return 200 "a\\"; b";'],
    ['quotes inside a word, which open nothing', 'return 200 a"b\'c;'],
    ['a semicolon behind a backslash', 'return 200 a\\;b;'],
    ['a brace that belongs to a variable', 'return 200 ${host}x;'],
    ['several braces behind a dollar sign', 'return 200 $a${b;'],
    ['a closing brace inside a word, where it means nothing', 'return 200 a}b;'],
    ['a parenthesis behind a closing quote', 'if ("$a") { return 204; }'],
    ['a comment, whatever is in it', '# "; } {\ngzip on;'],
    ['a comment at the end', 'gzip on; # "'],
    ['a hash inside a word, which is no comment', 'return 200 a#b;'],
    ['a non-breaking space, which is a character of a word', 'return 200 a\u00a0b;'],
  ])('%s', (_, text) => {
    expect(check(text)).toBe(text);
  });
});

describe('refused is', () => {
  const refused = (text: string, reason: string) => expect(() => check(text)).toThrow(`'text' is ${JSON.stringify(text)}: ${reason}`);

  test.each(['gzip on; }', '} server {', '}', '# {\n}'])('%j, which would close the block around it', (text) => {
    refused(text, 'a "}" closes a block that the text did not open');
  });

  test.each(['location /a {', 'location /a { gzip on;', 'a { b { c; }', 'a { # }'])('%j, which leaves a block open', (text) => {
    refused(text, 'a "{" is not closed by a "}"');
  });

  test.each(['gzip on', 'gzip on; gzip', 'a # ;', 'return 200 a\\;', '"a"', 'return 200 $x${'])('%j, which takes what follows as its own', (text) => {
    refused(text, 'the last directive has no ";"');
  });

  test.each(['location / { gzip on }', 'a { b; c }'])('%j, whose directive has no end', (text) => {
    refused(text, 'a directive in front of "}" has no ";"');
  });

  test.each([[';', ';'], ['gzip on;;', ';'], ['{ }', '{'], ['a { { } }', '{'], ['# a\n;', ';']])('%j, which has no directive', (text, sign) => {
    refused(text, `a "${sign}" has no directive in front of it`);
  });

  test.each([['return 200 "a;', '"'], ['return 200 \'a";', '\''], ['return 200 "a\\";', '"']])('%j, which leaves a quote open', (text, quote) => {
    refused(text, `a quote ${quote} is not closed`);
  });

  test.each(['return 200 "a"b;', 'return 200 \'a\'\'b\';', 'return 200 "a"}'])('%j, which nginx does not read', (text) => {
    refused(text, 'behind a closing quote nginx expects a space, ";" or "{"');
  });

  test.each(['gzip\u0000on;', 'gzip \u001bon;', 'gzip on\u007f;', 'gzip \u000bon;', 'return 200 \ud83e;'])('a control character or half a character: %j', (text) => {
    refused(text, 'text without control characters is expected');
  });

  test.each([undefined, null, 5])('%j, which is no text', (text) => {
    expect(() => check(text as unknown as string)).toThrow('text without control characters is expected');
  });
});
