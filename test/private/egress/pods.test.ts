import { RateLimit, Scaling } from '../../../lib';
import { connectionsPerPod, podsOf, ratePerPod } from '../../../lib/private/egress/pods';

describe('the pods', () => {
  test.each([
    ['one on each of three nodes', Scaling.perNode(), false, { replicas: 3, most: 3 }],
    ['two', Scaling.of(2), false, { replicas: 2, most: 2 }],
    ['as many as nodes', Scaling.of(3), false, { replicas: 3, most: 3 }],
    ['what the autoscaler says', Scaling.auto({ min: 1, max: 3 }), false, { most: 3, auto: { min: 1, max: 3, cpuUtilization: 60 } }],
    ['none in maintenance', Scaling.perNode(), true, { replicas: 0, most: 3 }],
    ['none in maintenance, and there is no autoscaler', Scaling.auto({ max: 2 }), true, { replicas: 0, most: 2 }],
  ])('are %s', (_, scaling, maintenance, pods) => {
    expect(podsOf(scaling, 3, maintenance)).toEqual(pods);
  });

  test('are not more than the nodes, also in maintenance', () => {
    const reason = '\'scaling\' is 4: the pool has 3 nodes, and two pods never run on one node: at most 3';

    expect(() => podsOf(Scaling.of(4), 3, false)).toThrow(reason);
    expect(() => podsOf(Scaling.auto({ max: 4 }), 3, false)).toThrow(reason);
    expect(() => podsOf(Scaling.of(4), 3, true)).toThrow(reason);
    expect(() => podsOf(Scaling.of(2), 1, false)).toThrow('\'scaling\' is 2: the pool has 1 node, and two pods never run on one node: at most 1');
  });
});

describe('a rate of all pods together', () => {
  test.each([
    [RateLimit.perSecond(10), 1, { rate: '10r/s', burst: 0 }],
    [RateLimit.perSecond(10, { burst: 7 }), 2, { rate: '5r/s', burst: 3 }],
    [RateLimit.perSecond(1), 2, { rate: '30r/m', burst: 0 }],
    [RateLimit.perSecond(10), 3, { rate: '200r/m', burst: 0 }],
    [RateLimit.perMinute(100, { burst: 1 }), 3, { rate: '33r/m', burst: 0 }],
    [RateLimit.perMinute(120), 1, { rate: '2r/s', burst: 0 }],
    [RateLimit.perMinute(3), 3, { rate: '1r/m', burst: 0 }],
  ])('is shared, and never exceeded', (rate, pods, share) => {
    expect(ratePerPod(rate, pods)).toEqual(share);
  });

  test('is at least one request a minute for each', () => {
    expect(() => ratePerPod(RateLimit.perMinute(2), 3)).toThrow('\'rateLimit\' is "2 per minute": it is for all 3 pods together, and each needs at least 1 per minute');
  });
});

describe('connections of all pods together', () => {
  test.each([[10, 1, 10], [10, 3, 3], [3, 3, 1], [1_000_000, 2, 65_535]])('that are %d for %d pods are %d for each', (connections, pods, each) => {
    expect(connectionsPerPod(connections, pods)).toBe(each);
  });

  test('are at least one for each', () => {
    expect(() => connectionsPerPod(2, 3)).toThrow('\'maxConnections\' is 2: it is for all 3 pods together, and each needs at least 1');
  });

  test.each([0, -1, 1.5, 1_000_001])('cannot be %d', (connections) => {
    expect(() => connectionsPerPod(connections, 1)).toThrow(`'maxConnections' is ${connections}: a whole number from 1 to 1000000 is expected`);
  });
});
