import { atLeast, nginx, nginxVersions } from './nginx-binaries';

test('the default nginx is there and can load stream', async () => {
  const binary = await nginx();
  expect(binary.version).toMatch(/^1\.\d+\.\d+$/);
});

test('every version that could be had, oldest first, each once', async () => {
  const versions = (await nginxVersions()).map(({ version }) => version);
  expect(versions.length).toBeGreaterThan(0);
  expect(new Set(versions).size).toBe(versions.length);
  versions.slice(1).forEach((version, index) => expect(atLeast(version, versions[index])).toBe(true));
}, 300_000);

test.each([
  ['1.26.3', '1.25.1', true],
  ['1.25.1', '1.25.1', true],
  ['1.25.0', '1.25.1', false],
  ['1.9.15', '1.22', false],
  ['1.22.1', '1.22', true],
  ['2.0.0', '1.30.6', true],
])('%s at least %s: %s', (version, wanted, answer) => {
  expect(atLeast(version, wanted)).toBe(answer);
});
