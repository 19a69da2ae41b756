import { addRequestHeader, checkResponseHeaders, RequestHeaders } from '../../lib/private/headers';

describe('request headers', () => {
  const add = (...given: Parameters<typeof addRequestHeader>[1][]) => {
    const headers: RequestHeaders = new Map();
    given.forEach((header) => addRequestHeader(headers, header));
    return [...headers.entries()];
  };

  test('are kept by their name in lower case', () => {
    expect(add({ name: 'X-Api-Key', value: 'a' }, { name: 'x-other' })).toEqual([
      ['x-api-key', { name: 'X-Api-Key', value: 'a' }],
      ['x-other', { name: 'x-other' }],
    ]);
  });

  test.each(['Host', 'host', 'HOST'])('cannot be %s, which belongs to where the requests go', (name) => {
    expect(() => add({ name, value: 'a' })).toThrow(`'name' is "${name}": the Host belongs to where the requests go: set 'host' there`);
  });

  test.each(['Connection', 'content-length', 'Expect', 'Keep-Alive', 'TE', 'Trailer', 'Transfer-Encoding', 'UPGRADE'])('cannot be %s, which is the proxy\'s own', (name) => {
    expect(() => add({ name })).toThrow(`'name' is "${name}": that header belongs to the connection, which is the proxy's own`);
  });

  test.each([
    [{ name: 'X-A', value: 'a' }, 'set'],
    [{ name: 'X-A' }, 'removed'],
    [{ name: 'X-A', elsewhere: true }, 'set'],
  ])('are said once, whatever the case: %j', (first, done) => {
    expect(() => add(first, { name: 'x-a', value: 'b' })).toThrow(`'name' is "x-a": "X-A" is ${done} already, and case makes no difference: say it once`);
  });

  test('have names that are tokens', () => {
    expect(() => add({ name: 'X A', value: 'a' })).toThrow('\'name\' is "X A": the name of a header has 1..100 characters of A-Z, a-z, 0-9, "-" and "_"');
  });

  test('that are refused are not there', () => {
    const headers: RequestHeaders = new Map();

    expect(() => addRequestHeader(headers, { name: 'Host', value: 'a' })).toThrow();
    expect(headers.size).toBe(0);
  });

  test('are refused by the prop that they came by', () => {
    expect(() => addRequestHeader(new Map(), { name: 'Host', value: 'a' }, 'headers')).toThrow('\'headers\' is "Host": ');
  });
});

describe('response headers', () => {
  test('are a list in their order, and without any an empty one', () => {
    expect(checkResponseHeaders('responseHeaders', { 'X-Frame-Options': 'DENY', 'x-b': 'costs 3 $' }))
      .toEqual([{ name: 'X-Frame-Options', value: 'DENY' }, { name: 'x-b', value: 'costs 3 $' }]);
    expect(checkResponseHeaders('responseHeaders')).toEqual([]);
  });

  test.each([
    'Connection', 'Content-Encoding', 'Content-Length', 'Content-Range', 'Content-Type', 'Date', 'Keep-Alive', 'location', 'Server', 'Set-Cookie', 'TE', 'Trailer',
    'Transfer-Encoding', 'Upgrade',
  ])('cannot be %s, which says what the response is', (name) => {
    expect(() => checkResponseHeaders('responseHeaders', { [name]: 'a' })).toThrow(
      `'responseHeaders' is "${name}": that header belongs to the response itself and is not for the entry to set`);
  });

  test('are said once, whatever the case', () => {
    expect(() => checkResponseHeaders('responseHeaders', { 'X-A': 'a', 'x-a': 'b' })).toThrow(
      '\'responseHeaders\' is "x-a": "X-A" is set already, and case makes no difference: say it once');
  });

  test('have names and values of headers, and the wrong one is named', () => {
    expect(() => checkResponseHeaders('responseHeaders', { 'X:A': 'a' })).toThrow('\'responseHeaders\' is "X:A": the name of a header has 1..100 characters');
    expect(() => checkResponseHeaders('responseHeaders', { 'X-A': 'a\r\nX-B: b' })).toThrow(
      '\'responseHeaders[\'X-A\']\' is "a\\r\\nX-B: b": the value of a header has no line break, no other control character and no half character');
  });
});
