import * as kplus from 'cdk8s-plus-28';
import { HeaderValue } from '../lib';
import { newChart } from './support/constructs';

/** A key of a Secret of the cluster. */
function secretValue(name: string, key: string): kplus.SecretValue {
  return { secret: kplus.Secret.fromSecretName(newChart(), 'secret', name), key };
}

test('a literal value is the text', () => {
  expect(HeaderValue.of('costs 3 $')).toMatchObject({ _text: 'costs 3 $', _secret: undefined });
});

test.each([
  ['', '\'value\' is "": a value of at least one character is expected; removing a header is \'removeHeader\''],
  ['a\r\nX-Evil: 1', '\'value\' is "a\\r\\nX-Evil: 1": the value of a header has no line break, no other control character and no half character'],
  [' a', '\'value\' is " a": spaces at the start or the end of a header\'s value are lost on the way: leave them out'],
  ['a'.repeat(4093), 'it is longer than nginx reads: 4092 bytes'],
])('%j is no value', (value, reason) => {
  expect(() => HeaderValue.of(value)).toThrow(reason);
});

test('a value in a Secret is its name and key', () => {
  expect(HeaderValue.fromSecretValue(secretValue('partner', 'token'))).toMatchObject({ _text: undefined, _secret: { name: 'partner', key: 'token' } });
});

test('a Secret of the same app is as good as one of the cluster', () => {
  const secret = new kplus.Secret(newChart(), 'secret', { metadata: { name: 'partner' } });

  expect(HeaderValue.fromSecretValue({ secret, key: 'token' })._secret?.name).toBe('partner');
});

test.each(['', '..', '../token', 'a/b', 'a b', '$token', '`id`'])('%j is no key of a Secret', (key) => {
  expect(() => HeaderValue.fromSecretValue(secretValue('partner', key))).toThrow(
    `'value.key' is ${JSON.stringify(key)}: a key has 1..253 characters of A-Z, a-z, 0-9 and . _ -`);
});

test.each(['Partner', 'a_b', '../a', '$(id)'])('%j is no name of a Secret', (name) => {
  expect(() => HeaderValue.fromSecretValue(secretValue(name, 'token'))).toThrow(
    `'value.secret' is ${JSON.stringify(name)}: the name of an object has 1..253 characters of a-z, 0-9, "-" and ".", and starts and ends with a letter or a digit`);
});
