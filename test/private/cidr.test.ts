import { checkRanges, intersection } from '../../lib/private/cidr';

describe('ranges', () => {
  test('stay as they are, in their order', () => {
    expect(checkRanges('allowFrom', ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1'])).toEqual(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1']);
  });

  test.each([[[], '[]'], [undefined, 'not given'], ['10.0.0.0/8', '"10.0.0.0/8"']])('cannot be %j', (ranges, shown) => {
    expect(() => checkRanges('allowFrom', ranges as string[])).toThrow(
      `'allowFrom' is ${shown}: at least one range of addresses is needed; leave it out for everybody`);
  });

  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['10.0.0.1', '10.0.0.1/32'],
    ['2001:db8::/32', '2001:DB8:0::/32'],
    ['::1', '0:0:0:0:0:0:0:1/128'],
  ])('%s and %s are the same, of which nginx would warn', (one, other) => {
    expect(() => checkRanges('allowFrom', ['192.0.2.0/24', one, other])).toThrow(`'allowFrom[2]' is "${other}": allowFrom[1] is the same`);
  });

  test('that overlap are not the same', () => {
    expect(checkRanges('allowFrom', ['10.0.0.0/8', '10.0.0.0/9'])).toHaveLength(2);
  });

  test('are each checked, and the wrong one is named', () => {
    expect(() => checkRanges('allowFrom', ['10.0.0.0/8', 'office'])).toThrow(
      '\'allowFrom[1]\' is "office": a range of addresses is expected, such as "10.0.0.0/8" or "10.10.20.21"');
    expect(() => checkRanges('allowFrom', ['10.1.2.3/8'])).toThrow(
      '\'allowFrom[0]\' is "10.1.2.3/8": the address has bits behind the prefix: write "10.0.0.0/8"');
  });
});

describe('what is in both of two lists', () => {
  test.each([
    [['10.0.0.0/8'], ['10.1.0.0/16'], ['10.1.0.0/16']],
    [['10.1.0.0/16'], ['10.0.0.0/8'], ['10.1.0.0/16']],
    [['10.0.0.0/8'], ['10.0.0.0/8'], ['10.0.0.0/8']],
    [['10.0.0.0/8'], ['10.1.2.3'], ['10.1.2.3']],
    [['10.0.0.0/8'], ['192.0.2.0/24'], []],
    [['10.0.0.0/8', '192.0.2.0/24'], ['192.0.2.7', '10.1.0.0/16'], ['192.0.2.7', '10.1.0.0/16']],
    [['2001:db8::/32'], ['2001:db8:1::/48', '2001:db9::1'], ['2001:db8:1::/48']],
    [['0.0.0.0/0'], ['2001:db8::/32'], []],
    [['::/0'], ['10.0.0.0/8'], []],
  ])('%j and %j are %j', (some, others, both) => {
    expect(intersection(some, others)).toEqual(both);
  });
});
