import { ask, bytesOf, forAll } from './properties';
import { lines, like, text } from './strings';
import { variable, Word } from '../../../lib/private/nginx/word';
import { Nginx } from '../support/nginx-process';

const ADDRESS = '127.90.1.2';
const DOLLAR = 'geo $gatehouse_dollar { default "$"; }';

/** Where a word stands: at the level of http, and in what a location returns. */
interface Place {
  readonly http: string;
  readonly body: string;
}

/** nginx with one location for each word, which answers with what the word means. */
async function serve(words: readonly { index: number; word: Word }[], answer: (index: number, word: string) => Place): Promise<Nginx> {
  const written = words.map(({ index, word }) => ({ index, ...answer(index, word.text) }));
  return Nginx.start({ files: {
    'nginx.conf': `events {} error_log stderr warn; http { variables_hash_max_size 4096; access_log off; include words.conf; server { listen ${ADDRESS}:38080; include places.conf; } }`,
    'words.conf': [DOLLAR, ...written.map(({ http }) => http)].join('\n'),
    'places.conf': written.map(({ index, body }) => `location = /${index} { return 200 ${body}; }`).join('\n'),
  } });
}

/** Writes each text, and compares what nginx takes it for. */
async function roundTrip(
  values: readonly string[], make: (value: string) => Word, answer: (index: number, word: string) => Place, meaning = (value: string) => value,
): Promise<void> {
  const words = values.flatMap((value, index) => {
    try {
      return [{ index, value, word: make(value) }];
    } catch (error) {
      expect(error).toMatchObject({ constructor: Error, message: expect.stringMatching(/control character|dollar sign|longer than/) as string });
      return [];
    }
  });
  const server = await serve(words, answer);
  try {
    for (const { index, value } of words) {
      expect((await ask(ADDRESS, 8080, 'a', `/${index}`)).body).toBe(bytesOf(meaning(value)));
    }
  } finally {
    await server.stop();
  }
}

const inReturn = (_: number, word: string): Place => ({ http: '', body: word });
const inGeo = (index: number, word: string): Place => ({ http: `geo $word_${index} { default ${word}; }`, body: `$word_${index}` });

test('a complex word means exactly its text, whatever that looks like', async () => {
  await forAll(like(text), (values) => roundTrip(values, (value) => Word.complex(value), inReturn));
});

test('a variable between two texts stays a variable, and they stay texts', async () => {
  await forAll(like(text), (values) =>
    roundTrip(values, (value) => Word.complex(value, variable('request_method'), value), inReturn, (value) => `${value}GET${value}`));
});

test('a literal word means exactly its text, or is refused', async () => {
  await forAll(like(text), (values) => roundTrip(values, (value) => Word.literal(value), inGeo));
});

test('text of several lines means exactly its bytes, dollar signs and all kinds of line breaks included', async () => {
  await forAll(like(lines.filter((value) => value.length < 1000)), (values) => roundTrip(values, (value) => Word.text(value), inGeo));
});
