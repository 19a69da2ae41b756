import { ContainerPorts, HEALTH_PORT, portName } from '../../../lib/private/egress/ports';

const names = (count: number, prefix = 'route') => Array.from({ length: count }, (_, i) => `${prefix}-${i}`);

test('a route\'s number comes from its name alone', () => {
  const [alone, afterOthers] = [new ContainerPorts(), new ContainerPorts()];
  ['billing', 'nexus', 'mail'].forEach((name) => afterOthers.allocate(name));

  expect(afterOthers.allocate('dashboard')).toBe(alone.allocate('dashboard'));
});

test('numbers are 10000..29999, below those that Linux gives to outgoing connections', () => {
  const ports = new ContainerPorts();
  const numbers = names(2000).map((name) => ports.allocate(name));

  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(10_000);
  expect(Math.max(...numbers)).toBeLessThan(30_000);
  expect(numbers).not.toContain(HEALTH_PORT);
});

test('no number is given twice: of two names with one hash the later gets the next that is free', () => {
  // GIVEN
  const number = (name: string) => new ContainerPorts().allocate(name);
  const byNumber = new Map<number, string>();
  const later = names(20_000).find((name) => {
    const found = byNumber.has(number(name));
    byNumber.set(number(name), byNumber.get(number(name)) ?? name);
    return found;
  }) ?? '';
  const earlier = byNumber.get(number(later)) ?? '';

  // WHEN
  const ports = new ContainerPorts();

  // THEN
  expect(earlier).not.toBe(later);
  expect([ports.allocate(earlier), ports.allocate(later)]).toEqual([number(earlier), number(earlier) + 1]);
});

test('all 20,000 numbers can be used, and one route more is refused', () => {
  const ports = new ContainerPorts();
  const numbers = new Set(names(20_000).map((name) => ports.allocate(name)));

  expect(numbers.size).toBe(20_000);
  expect(() => ports.allocate('one-more')).toThrow('a proxy has at most 20000 routes');
});

test('the name of a port is one that Kubernetes takes, whatever the route is called', () => {
  const made = names(1000, 'a-very-long-name-of-an-external-system').map(portName);

  made.forEach((name) => expect(name).toMatch(/^r-[0-9a-f]{10}$/));
  expect(new Set(made).size).toBe(1000);
  expect(portName('dashboard')).toBe(portName('dashboard'));
});
