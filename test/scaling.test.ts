import { Scaling } from '../lib';

test('one pod on each node has no number of its own', () => {
  expect(Scaling.perNode()).toMatchObject({ _replicas: undefined, _auto: undefined });
});

test('a number of pods is that number', () => {
  expect(Scaling.of(3)._replicas).toBe(3);
});

test.each([0, -1, 1.5, 1001, NaN, '2' as unknown as number])('%s is no number of pods', (replicas) => {
  expect(() => Scaling.of(replicas)).toThrow(`'replicas' is ${JSON.stringify(replicas)}: a whole number from 1 to 1000 is expected`);
});

describe('the autoscaler', () => {
  test.each([
    [{ max: 5 }, { min: 2, max: 5, cpuUtilization: 60 }],
    [{ max: 1 }, { min: 1, max: 1, cpuUtilization: 60 }],
    [{ min: 3, max: 3, cpuUtilization: 150 }, { min: 3, max: 3, cpuUtilization: 150 }],
  ])('of %j is %j', (options, bounds) => {
    expect(Scaling.auto(options)._auto).toEqual(bounds);
  });

  test.each([
    [{ max: 0 }, '\'max\' is 0: a whole number from 1 to 1000 is expected'],
    [{ max: 1001 }, '\'max\' is 1001: a whole number from 1 to 1000 is expected'],
    [{ min: 0, max: 2 }, '\'min\' is 0: a whole number from 1 to 1000 is expected'],
    [{ min: 3, max: 2 }, '\'min\' is 3: it is above \'max\', which is 2'],
    [{ max: 2, cpuUtilization: 0 }, '\'cpuUtilization\' is 0: a whole number from 1 to 1000 is expected'],
    [{ max: 2, cpuUtilization: 0.6 }, '\'cpuUtilization\' is 0.6: a whole number from 1 to 1000 is expected'],
  ])('cannot be %j', (options, reason) => {
    expect(() => Scaling.auto(options)).toThrow(reason);
  });
});
