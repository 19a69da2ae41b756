import { App, Chart } from 'cdk8s';
import { claim } from '../../lib/private/claims';

test('the first construct gets a name, the second learns who has it', () => {
  // GIVEN
  const app = new App();
  const [first, second] = [new Chart(app, 'first'), new Chart(app, 'second')];

  // THEN
  expect(claim(first, 'folder', 'lb')).toBeUndefined();
  expect(claim(second, 'folder', 'lb')).toBe('first');
});

test('the path that is told can be another than the construct\'s', () => {
  const app = new App();

  claim(app, 'route', 'dashboard', 'traffic/egress/dashboard');

  expect(claim(app, 'route', 'dashboard')).toBe('traffic/egress/dashboard');
});

test('names of different kinds and of different Apps are apart', () => {
  // GIVEN
  const [app, other] = [new App(), new App()];
  claim(app, 'folder', 'lb');

  // THEN
  expect(claim(app, 'route', 'lb')).toBeUndefined();
  expect(claim(other, 'folder', 'lb')).toBeUndefined();
});

test('another copy of the package sees what was claimed', () => {
  // GIVEN
  const app = new App();
  claim(new Chart(app, 'first'), 'folder', 'lb');

  // WHEN
  jest.isolateModules(() => {
    const copy = jest.requireActual<typeof import('../../lib/private/claims')>('../../lib/private/claims');

    // THEN
    expect(copy.claim).not.toBe(claim);
    expect(copy.claim(app, 'folder', 'lb')).toBe('first');
  });
});
