import { NginxVersion } from '../../../lib/private/nginx/version';

const parse = (value: string, lowest = '1.22') => NginxVersion.parse('nginxVersion', value, lowest);

test.each(['1.22', '1.22.0', '1.22.1', '1.30.4', '1.31', '2.0'])('accepts %s where 1.22 is the lowest', (value) => {
  expect(parse(value).text).toBe(value);
});

test.each(['1.21.6', '1.18', '0.9.9'])('refuses %s where 1.22 is the lowest', (value) => {
  expect(() => parse(value)).toThrow(`'nginxVersion' is "${value}": the lowest version that is supported here is 1.22`);
});

test('compares numbers and not text', () => {
  expect(() => parse('1.9.15')).toThrow('the lowest version');
  expect(parse('1.100').has('http2Directive')).toBe(true);
});

test.each(['', '1', '1.x', 'stable', '1.24-alpine', 'v1.24', ' 1.24', '1.24.0.1'])('refuses "%s", which is no version', (value) => {
  expect(() => parse(value)).toThrow(`'nginxVersion' is ${JSON.stringify(value)}: an nginx version is "1.24" or "1.24.0"`);
});

test.each([
  ['http2Directive', '1.25.0', '1.25.1'],
  ['upstreamResolve', '1.27.2', '1.27.3'],
  ['keepaliveMinTimeout', '1.27.3', '1.27.4'],
] as const)('%s is not in %s and is in %s', (feature, without, since) => {
  expect(parse(without).has(feature)).toBe(false);
  expect(parse(since).has(feature)).toBe(true);
  expect(NginxVersion.since(feature)).toBe(since);
});

test('1.25 is 1.25.0, its first release', () => {
  expect(parse('1.25').has('http2Directive')).toBe(false);
});

test('a version that is newer than all we know has everything', () => {
  expect(parse('9.0').has('keepaliveMinTimeout')).toBe(true);
});
