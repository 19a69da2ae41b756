import { refuse, show } from '../../lib/private/refuse';

test('an error names the prop, the value and what would be allowed', () => {
  expect(refuse('targets[1]', '10.10.20.21:99999', 'the port must be 1..65535').message)
    .toBe('\'targets[1]\' is "10.10.20.21:99999": the port must be 1..65535');
});

test.each([
  ['text', 'a "b"\n', '"a \\"b\\"\\n"'],
  ['a number', 99999, '99999'],
  ['what is not given', undefined, 'not given'],
  ['nothing', null, 'null'],
  ['a list', ['a', 'b'], '["a","b"]'],
  ['a long text, cut', 'x'.repeat(500), `"${'x'.repeat(118)}…`],
])('shows %s', (_, value, shown) => {
  expect(show(value)).toBe(shown);
});
