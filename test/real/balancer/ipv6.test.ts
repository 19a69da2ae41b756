import { Protocol } from 'cdk8s-plus-28';
import { anyUser, certificate, header, headersOf } from './site';
import { EnvironmentEntry, NodePool, RedirectEntry, ServerTls, StreamBackend, StreamEntry } from '../../../lib';
import { newBalancer, newChart } from '../../support/constructs';
import { authority } from '../support/certificates';
import { received, RequestOptions } from '../support/client';
import { Host, Network } from '../support/netns';
import { nginx } from '../support/nginx-binaries';
import { Nginx } from '../support/nginx-process';

/* A balancer with an address of IPv6, whose nodes have one as well, and clients of both kinds. */

const LB = '2001:db8::2';
const [PROXY, USER, MASTER, NODE] = ['2001:db8::50', '2001:db8::100', '2001:db8::31', '2001:db8::21'];
const ca = authority();
let others: Host;

beforeAll(async () => {
  const network = Network.create({
    lb: [`${LB}/64`, '10.10.20.2/16'],
    others: [...[USER, PROXY, MASTER, NODE].map((address) => `${address}/64`), '10.10.20.100/16'],
  });
  others = network.host('others');
  await others.backend({ name: 'node1', address: NODE, port: 80 });
  await others.tcpBackend({ address: MASTER, port: 6443 });
  const { version, streamModule } = await nginx();
  const { certFile, keyFile } = certificate(ca, 'example.com');
  const chart = newChart();
  const nodes = NodePool.ingress(chart, 'nodes', { nodes: [{ name: 'node1.cluster.k8s', address: NODE }] });
  const balancer = newBalancer(chart, {
    machines: [{ name: 'ingress.cluster.k8s', address: LB }], nodes, nginxVersion: version, streamModule, trustedProxies: [`${PROXY}/128`],
  });
  new EnvironmentEntry(chart, 'prod', {
    balancer, environment: 'prod', domains: ['example.com'], tls: ServerTls.fromFiles(certFile, keyFile), allowFrom: ['2001:db8::/64', '10.0.0.0/8'],
  });
  new EnvironmentEntry(chart, 'dev', { balancer, environment: 'dev', domains: ['dev.example'], defaultServer: true, maxConnections: 5 });
  new RedirectEntry(chart, 'old', { balancer, domains: ['old.example'], target: 'https://example.com' });
  const masters = [{ name: 'master1', address: MASTER }];
  new StreamEntry(chart, 'api', { balancer, port: 16443, backend: StreamBackend.machines(masters, 6443), allowFrom: [`${USER}/128`] });
  new StreamEntry(chart, 'dns', { balancer, port: 53, protocol: Protocol.UDP, backend: StreamBackend.machines(masters, 53) });
  await Nginx.start({ namespace: network.host('lb').namespace, files: anyUser(balancer.files) });
});

const ask = (options: Partial<RequestOptions>) => others.request({ address: LB, port: options.tls ? 443 : 80, localAddress: USER, ...options });
const tls = { servername: 'example.com', ca: ca.cert };

test('clients of both kinds are served and known by their address', async () => {
  const four = { address: '10.10.20.2', localAddress: '10.10.20.100' };
  const entries = [{ host: 'example.com', tls }, { host: 'dev.example' }];
  const answers = await Promise.all(entries.flatMap((entry) => [ask(entry), ask({ ...entry, ...four })]));

  expect(answers.map((answer) => header(received(answer), 'X-Real-IP'))).toEqual([USER, '10.10.20.100', USER, '10.10.20.100']);
});

test('the bare address is answered by the default entry', async () => {
  const arrived = received(await ask({ host: `[${LB}]` }));

  expect(headersOf(arrived, 'Host', 'X-Forwarded-Host')).toEqual({ 'Host': 'dev.cluster.k8s', 'X-Forwarded-Host': `[${LB}]` });
});

test('redirects work', async () => {
  expect((await ask({ host: 'example.com', path: '/a' })).headers.location).toBe('https://example.com/a');
  expect((await ask({ host: 'old.example', path: '/a' })).headers.location).toBe('https://example.com/a');
});

test('a trusted proxy of IPv6 is believed', async () => {
  const said = { host: 'example.com', tls, headers: [['X-Forwarded-For', '2001:db8::99']] as const };

  expect(headersOf(received(await ask({ ...said, localAddress: PROXY })), 'X-Real-IP', 'X-Forwarded-For')).toEqual({
    'X-Real-IP': '2001:db8::99', 'X-Forwarded-For': '2001:db8::99, 2001:db8::99',
  });
  expect(headersOf(received(await ask(said)), 'X-Real-IP', 'X-Forwarded-For')).toEqual({ 'X-Real-IP': USER, 'X-Forwarded-For': USER });
});

test('streams are passed on, for those who may connect', async () => {
  expect(await others.raw(LB, 16443, 'hello', { localAddress: USER, quietMs: 400 })).toBe('hello');
  expect(await others.raw(LB, 16443, 'hello', { localAddress: PROXY, quietMs: 400 })).toBe('');
});
