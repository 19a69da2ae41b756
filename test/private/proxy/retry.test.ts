import { RETRY_CONDITIONS, retryWithin } from '../../../lib/private/proxy/retry';

const SECOND = 1000;

/** The budget for a connect and a read timeout in seconds. */
function budget(connect: number, read: number, members = 2): number {
  return retryWithin(['error', 'timeout'], { connect: connect * SECOND, send: 1, read: read * SECOND }, members).timeout / SECOND;
}

test.each([
  ['an entry by default', 3, 60, 2, 10],
  ['three nodes', 3, 60, 3, 10],
  ['three nodes that take long to connect', 5, 60, 3, 15],
  ['a long read timeout', 20, 300, 2, 40],
  ['a read timeout below the usual budget', 2, 8, 2, 5.0005],
  ['a read timeout just above the connect timeout', 5, 6, 2, 5.5005],
  ['a route by default, whose timeouts are the same', 10, 10, 2, 20],
  ['the program of the README', 60, 60, 2, 120],
  ['a read timeout below the connect timeout', 30, 5, 2, 60],
  ['one target', 10, 10, 1, 20],
])('the budget of %s', (_, connect, read, members, expected) => {
  expect(budget(connect, read, members)).toBeCloseTo(expected, 2);
});

describe('for all timeouts', () => {
  const SECONDS = [0.001, 0.5, 1, 2, 3, 5, 9, 10, 11, 30, 59, 60, 61, 300, 3600];
  const pairs = SECONDS.flatMap((connect) => SECONDS.map((read) => [connect, read] as const));

  test('connect timeout < budget < read timeout where that is possible', () => {
    const possible = pairs.filter(([connect, read]) => connect + 0.002 < read);

    possible.forEach(([connect, read]) => {
      expect(budget(connect, read)).toBeGreaterThan(connect);
      expect(budget(connect, read)).toBeLessThan(read);
    });
  });

  test('else it is twice the connect timeout', () => {
    const impossible = pairs.filter(([connect, read]) => connect >= read);

    impossible.forEach(([connect, read]) => expect(budget(connect, read)).toBe(2 * connect));
  });

  test.each([2, 3, 4, 100])('a first target of %d that is silent does not cost the request the second one', (members) => {
    pairs.forEach(([connect, read]) => expect(budget(connect, read, members)).toBeGreaterThan(connect));
  });

  test('the budget is whole milliseconds', () => {
    pairs.forEach(([connect, read]) => expect(Number.isInteger(Math.round(budget(connect, read) * 1e6) / 1e3)).toBe(true));
  });
});

test.each([[1, 1], [2, 2], [3, 3], [10, 3]])('with %d members a request is tried %d times at the most', (members, tries) => {
  expect(retryWithin([], { connect: 1, send: 1, read: 1 }, members).tries).toBe(tries);
});

test('conditions are those that were chosen, and only "all" repeats a POST', () => {
  expect(retryWithin(RETRY_CONDITIONS.never, { connect: 1, send: 1, read: 1 }, 2).conditions).toEqual(['off']);
  expect(RETRY_CONDITIONS.idempotent).toEqual(['error', 'timeout']);
  expect(RETRY_CONDITIONS.all).toEqual(['error', 'timeout', 'non_idempotent']);
});
