import { TrustMount } from '../../../lib/private/egress/trust';

const newMount = () => new TrustMount('/etc/ssl/certs/ca-certificates.crt');

test('what the image trusts is its own file, and needs no volume', () => {
  const mount = newMount();

  expect(mount.caFile('ca', { kind: 'system' })).toBe('/etc/ssl/certs/ca-certificates.crt');
  expect(mount.toSources()).toEqual([]);
});

test('ConfigMaps and Secrets have a folder each, also when they have one name', () => {
  const mount = newMount();

  expect(mount.caFile('ca', { kind: 'configMap', name: 'root-ca', key: 'ca.crt' })).toBe('/etc/gatehouse/trust/configmap-root-ca/ca.crt');
  expect(mount.caFile('ca', { kind: 'secret', name: 'root-ca', key: 'ca.crt' })).toBe('/etc/gatehouse/trust/secret-root-ca/ca.crt');
  expect(mount.toSources()).toEqual([
    { configMap: { name: 'root-ca', items: [{ key: 'ca.crt', path: 'configmap-root-ca/ca.crt' }] } },
    { secret: { name: 'root-ca', items: [{ key: 'ca.crt', path: 'secret-root-ca/ca.crt' }] } },
  ]);
});

test('a key that several routes need is mounted once', () => {
  const mount = newMount();
  [1, 2].forEach(() => mount.caFile('ca', { kind: 'configMap', name: 'root-ca', key: 'ca.crt' }));

  expect(mount.toSources()).toHaveLength(1);
});

test('two keys of one ConfigMap are two files', () => {
  const mount = newMount();
  ['old.crt', 'new.crt'].forEach((key) => mount.caFile('ca', { kind: 'configMap', name: 'root-ca', key }));

  expect(mount.toSources()).toHaveLength(2);
});

test('a client certificate is the two keys of its Secret', () => {
  expect(newMount().certificateFiles({ kind: 'secret', name: 'identity' })).toEqual({
    certificate: '/etc/gatehouse/trust/secret-identity/tls.crt',
    key: '/etc/gatehouse/trust/secret-identity/tls.key',
  });
});

test('files of the load balancer are refused with the fix', () => {
  expect(() => newMount().caFile('ca', { kind: 'file', path: '/etc/ca.pem' })).toThrow(
    '\'ca\' is "/etc/ca.pem": a file of the load balancer is not in the pod: use \'CaBundle.fromConfigMap\' or \'CaBundle.fromSecret\'');
  expect(() => newMount().certificateFiles({ kind: 'files', certificate: '/etc/a.pem', key: '/etc/a.key' })).toThrow(
    '\'clientCertificate\' is "/etc/a.pem": a file of the load balancer is not in the pod: use \'ClientCertificate.fromSecret\'');
});

test('a name of which no folder can be made is refused', () => {
  const source = { kind: 'configMap' as const, name: 'a'.repeat(253), key: 'ca.crt' };

  expect(() => newMount().caFile('ca', source)).toThrow(/^'ca' is "a{118}…: a file is named after it, configmap-a{253}, and the name of a file has at most 255 characters$/);
  expect(() => newMount().certificateFiles({ kind: 'secret', name: 'a'.repeat(253) })).toThrow(/^'clientCertificate' is "a{118}…: a file is named after it, secret-a{253}, /);
});
