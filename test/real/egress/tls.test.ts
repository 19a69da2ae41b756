import { Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Cluster } from './cluster';
import { Pod } from './pod';
import { newCluster, newProxy } from './site';
import { CaBundle, ClientCertificate, Scheme, UpstreamTls, UpstreamTlsOptions } from '../../../lib';
import { HttpBackend } from '../support/backends';
import { Authority, authority } from '../support/certificates';
import { received, request, Response } from '../support/client';
import { until } from '../support/nginx-process';

let cluster: Cluster;
let pod: Pod;
let portOf: (route: string) => number;

const ask = (route: string, method?: string): Promise<Response> => request({ address: pod.address, port: portOf(route), method });
const errorsOf = (route: string): string[] => pod.stderr.split('\n').filter((line) => line.includes(`server: ${route},`));

beforeAll(async () => {
  const publicRoot = Authority.create('public');
  cluster = await newCluster({ systemCa: publicRoot.cert });
  const root = authority();
  const client = root.issue({ names: ['our client'], purpose: 'client' });
  const stranger = Authority.create('stranger').issue({ names: ['a stranger'], purpose: 'client' });
  const chain = root.intermediate('first').intermediate('second');
  const servers: [string, HttpBackendTls][] = [
    ['good', root.issue({ names: ['a.test'] })],
    ['expired', root.issue({ names: ['a.test'], validity: 'expired' })],
    ['future', root.issue({ names: ['a.test'], validity: 'future' })],
    ['mutual', { ...root.issue({ names: ['a.test'] }), ca: root.cert }],
    ['two-intermediates', chain.issue({ names: ['a.test'] })],
    ['four-intermediates', chain.intermediate('third').intermediate('fourth').issue({ names: ['a.test'] })],
    ['self-signed', Authority.create('nobody').issue({ names: ['a.test'] })],
    ['other-name', root.issue({ names: ['b.test'] })],
    ['public', publicRoot.issue({ names: ['a.test'] })],
    ['public-mutual', { ...publicRoot.issue({ names: ['a.test'] }), ca: root.cert }],
  ];
  const numbers = new Map(servers.map(([name], i) => [name, i + 1]));
  await Promise.all(servers.map(([name, tls]) => HttpBackend.start({ name, address: cluster.network.address(numbers.get(name)!), port: 443, tls })));

  const { chart, proxy } = newProxy(cluster);
  const ca = CaBundle.fromConfigMap(kplus.ConfigMap.fromConfigMapName(chart, 'root-ca', 'root-ca'));
  const add = (name: string, server: string, tls: UpstreamTls): unknown =>
    proxy.addRoute(name, { scheme: Scheme.HTTPS, host: 'a.test', targets: [cluster.network.address(numbers.get(server)!)], tls });
  const verified = (more: UpstreamTlsOptions = {}): UpstreamTls => UpstreamTls.verified({ ca, ...more });
  for (const name of ['good', 'expired', 'future', 'self-signed', 'other-name', 'two-intermediates', 'four-intermediates']) {
    add(name, name, verified());
  }
  add('wrong-ca', 'good', UpstreamTls.verified());
  add('public', 'public', UpstreamTls.verified());
  add('public-mutual', 'public-mutual', UpstreamTls.verified({ clientCertificate: shown(chart, 'partner-client') }));
  add('wrong-ca-mutual', 'mutual', UpstreamTls.verified({ clientCertificate: shown(chart, 'partner-client') }));
  add('wrong-name', 'good', verified({ serverName: 'other.test' }));
  add('named', 'other-name', verified({ serverName: 'b.test' }));
  add('mutual', 'mutual', verified({ clientCertificate: shown(chart, 'partner-client') }));
  add('no-client-certificate', 'mutual', verified());
  add('strange-client-certificate', 'mutual', verified({ clientCertificate: shown(chart, 'stranger') }));
  add('insecure', 'self-signed', UpstreamTls.insecure('a test system without a certificate'));
  add('insecure-mutual', 'mutual', UpstreamTls.insecure('another one', { serverName: 'c.test', clientCertificate: shown(chart, 'partner-client') }));
  cluster.apply(chart);
  cluster.configMap('root-ca', { 'ca.crt': root.cert });
  cluster.secret('partner-client', { 'tls.crt': client.cert, 'tls.key': client.key });
  cluster.secret('stranger', { 'tls.crt': stranger.cert, 'tls.key': stranger.key });
  pod = await cluster.startPod();
  portOf = cluster.portsOf(proxy);
});

type HttpBackendTls = NonNullable<Parameters<typeof HttpBackend.start>[0]['tls']>;

function shown(chart: Chart, name: string): ClientCertificate {
  return ClientCertificate.fromSecret(kplus.Secret.fromSecretName(chart, `${name}-${chart.node.children.length}`, name));
}

test.each([
  ['good', 'good', 'a.test'],
  ['named', 'other-name', 'b.test'],
  ['two-intermediates', 'two-intermediates', 'a.test'],
  ['four-intermediates', 'four-intermediates', 'a.test'],
  ['public', 'public', 'a.test'],
  ['insecure', 'self-signed', 'a.test'],
])('a certificate that holds: %s', async (route, server, servername) => {
  expect(received(await ask(route))).toMatchObject({ server, tls: { servername }, headers: [['Host', 'a.test']] });
  expect(errorsOf(route)).toEqual([]);
});

test.each(['mutual', 'insecure-mutual', 'public-mutual'])('the client certificate is shown: %s', async (route) => {
  expect(received(await ask(route))).toMatchObject({ tls: { clientCertSubject: 'our client' } });
});

test.each([
  ['wrong-ca', /upstream SSL certificate verify error: \(2[01]:unable to .*\) while SSL handshaking/],
  ['wrong-ca-mutual', /upstream SSL certificate verify error: \(\d+:[^)]+\) while SSL handshaking/],
  ['self-signed', /upstream SSL certificate verify error: \(2[01]:unable to .*\) while SSL handshaking/],
  ['wrong-name', /upstream SSL certificate does not match "other\.test" while SSL handshaking/],
  ['other-name', /upstream SSL certificate does not match "a\.test" while SSL handshaking/],
  ['expired', /upstream SSL certificate verify error: \(10:certificate has expired\) while SSL handshaking/],
  ['future', /upstream SSL certificate verify error: \(9:certificate is not yet valid[^)]*\) while SSL handshaking/],
  ['no-client-certificate', /alert certificate required/],
  ['strange-client-certificate', /alert|prematurely closed|reset by peer/],
])('a certificate that does not hold is a 502 and one line in the log: %s', async (route, message) => {
  expect((await ask(route, 'POST')).status).toBe(502);
  await until(() => errorsOf(route).length > 0, 1000, 'the error');
  expect(errorsOf(route)).toEqual([expect.stringMatching(message)]);
  // each request says so
  expect((await ask(route)).status).toBe(502);
  expect(errorsOf(route).length).toBe(2);
});

test('why nothing is verified stands in the configuration', async () => {
  const { output } = await pod.exec('cat', '/etc/gatehouse/nginx/routes-1.conf');
  expect(output).toContain('# the certificate is not verified: a test system without a certificate');
});
