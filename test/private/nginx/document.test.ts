import { blank, block, comment, directive, noted, paragraphs, raw, usesDollar } from '../../../lib/private/nginx/document';
import { Word } from '../../../lib/private/nginx/word';

test('strings and numbers of a directive are literal words', () => {
  expect(directive('listen', 443, 'ssl').args.map(({ text }) => text)).toEqual(['443', 'ssl']);
  expect(() => directive('server_name', '$hostname')).toThrow('"$hostname" has a dollar sign, which this position cannot hold');
});

test('words stay as they were made', () => {
  const word = Word.raw('$x');

  expect(directive('return', word).args).toEqual([word]);
});

test('a note is left out where there is none', () => {
  expect(noted(directive('server', 'a'), 'node1').note).toBe('node1');
  expect(noted(directive('server', 'a'), undefined)).toEqual(directive('server', 'a'));
});

test('paragraphs have an empty line between them, and none for a part that is empty', () => {
  const [a, b] = [directive('a'), directive('b')];

  expect(paragraphs([], [a], [], [b], [])).toEqual([a, blank(), b]);
});

test('a dollar sign is found however deep it is', () => {
  const deep = (word: Word) => [comment('$'), raw('$'), block('server', [], [block('location', ['/'], [directive('return', word)])])];

  expect(usesDollar(deep(Word.complex('costs 3 $')))).toBe(true);
  expect(usesDollar(deep(Word.complex('costs 3 €')))).toBe(false);
});
