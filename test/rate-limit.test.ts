import { RateLimit } from '../lib';

test('a rate is kept per minute, with what is let through above it', () => {
  expect(RateLimit.perSecond(10)).toMatchObject({ _perMinute: 600, _burst: 0 });
  expect(RateLimit.perMinute(90, { burst: 20 })).toMatchObject({ _perMinute: 90, _burst: 20 });
});

test.each([0, -1, 0.5, 1_000_001])('%d is no number of requests', (requests) => {
  const reason = `'requests' is ${requests}: a whole number from 1 to 1000000 is expected`;

  expect(() => RateLimit.perSecond(requests)).toThrow(reason);
  expect(() => RateLimit.perMinute(requests)).toThrow(reason);
});

test.each([-1, 0.5, 1_000_001])('%d is no burst', (burst) => {
  expect(() => RateLimit.perSecond(1, { burst })).toThrow(`'burst' is ${burst}: a whole number from 0 to 1000000 is expected`);
});
