import { certificate, environment, LoopbackSite } from './site';
import { Backend, EnvironmentEntry, ManagementEntry, ServerTls } from '../../../lib';
import { HttpBackend } from '../support/backends';
import { authority } from '../support/certificates';
import { raw, received } from '../support/client';

/* Who asks for what nobody serves, or in a way that could be read in two. */

const site = new LoopbackSite(4);
const ca = authority();
const prod = certificate(ca, 'example.com');
const https = { tls: { servername: 'example.com', ca: ca.cert } };
let nodes: [HttpBackend, HttpBackend];

beforeAll(async () => {
  nodes = await site.nodes();
  await site.serve((chart, balancer) => {
    new EnvironmentEntry(chart, 'prod', { balancer, environment: 'prod', domains: ['example.com'] });
    new EnvironmentEntry(chart, 'secure', {
      balancer, environment: 'prod', domains: ['example.com'], name: 'secure', tls: ServerTls.fromFiles(prod.certFile, prod.keyFile),
    });
    new ManagementEntry(chart, 'mirror', { balancer, domains: ['mirror.cluster.k8s'], backend: Backend.machines([site.node(1)]) });
  });
});

const arrivals = () => nodes[0].requests.length + nodes[1].requests.length;

test.each([
  ['an unknown Host', { host: 'unknown.example' }],
  ['a name that only begins as a known one', { host: 'example.com.evil.example' }],
  ['the bare address', { host: site.address }],
  ['no Host with HTTP/1.0', { host: null, httpVersion: '1.0' as const }],
])('%s is answered with 421 and reaches no node', async (_, options) => {
  const before = arrivals();

  expect((await site.request(options)).status).toBe(421);
  expect(arrivals()).toBe(before);
});

test('no Host, an empty one, and two of them are bad requests with HTTP/1.1', async () => {
  expect((await site.request({ host: '' })).status).toBe(400);
  expect((await site.request({ host: null })).status).toBe(400);
  expect((await site.request({ headers: [['Host', 'example.com'], ['Host', 'evil.example']] })).status).toBe(400);
});

test.each([
  ['a length and chunks', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: example.com\r\n\r\n'],
  ['two lengths', 'Content-Length: 4\r\nContent-Length: 0\r\n\r\nGET '],
  ['chunks by another name', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
])('%s, which two servers could read in two ways, reach no node', async (_, rest) => {
  const before = arrivals();

  const answer = await raw(site.address, 80, `POST / HTTP/1.1\r\nHost: example.com\r\n${rest}`, { quietMs: 500 });
  expect(answer).toMatch(/^HTTP\/1\.1 (400|501) (?!.*HTTP\/1\.1)/s);
  expect(arrivals()).toBe(before);
});

test.each([['an unknown name', 'unknown.example'], ['no name', undefined]])('the handshake of %s is refused', async (_, servername) => {
  const before = arrivals();
  const answer = await site.request({ tls: { servername }, host: 'example.com' });

  expect(answer).toMatchObject({ status: 0, error: expect.stringMatching(/UNRECOGNIZED_NAME/) as string });
  expect(arrivals()).toBe(before);
});

test.each(['1.1', '2'] as const)('the right name in the handshake and an unknown Host: 421 with HTTP/%s', async (httpVersion) => {
  const before = arrivals();

  expect((await site.request({ ...https, host: 'unknown.example', httpVersion })).status).toBe(421);
  expect((await site.request({ ...https, host: 'mirror.cluster.k8s', httpVersion })).status).toBe(421);
  expect(arrivals()).toBe(before);
});

test('files that are left over in conf.d change nothing', async () => {
  const own = new LoopbackSite(13);
  const stale = 'server { listen 80 default_server; server_name prod.example; return 200 stale; }\n';
  await own.backend('node1', 21);
  const names = ['default.conf', 'aaa.conf', 'pre.cluster.k8s.conf'];
  await own.serve(environment('prod'), {
    nodes: [own.node(1)],
    more: Object.fromEntries(names.map((name) => [`ingress.cluster.k8s/etc/nginx/conf.d/${name}`, stale])),
  });

  expect(received(await own.request({ host: 'prod.example' })).server).toBe('node1');
  expect((await own.request({ host: 'unknown.example' })).status).toBe(421);
});
