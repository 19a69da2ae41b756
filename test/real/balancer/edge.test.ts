import { certificate, header, headersOf, LoopbackSite, SAID_OF_CLIENTS } from './site';
import { EnvironmentEntry, ServerTls } from '../../../lib';
import { HttpBackend } from '../support/backends';
import { authority } from '../support/certificates';
import { raw, received, webSocketEcho } from '../support/client';

/* What passes through the balancer, and what is changed on the way. */

const site = new LoopbackSite(3);
const ca = authority();
const prod = certificate(ca, 'example.com');
const https = { tls: { servername: 'example.com', ca: ca.cert } };
let nodes: [HttpBackend, HttpBackend];

beforeAll(async () => {
  nodes = await site.nodes({
    behaviours: {
      '/login': { status: 302, headers: [['Location', 'http://prod.cluster.k8s/login?next=/a']], body: '' },
      '/secure': { status: 302, headers: [['Location', 'https://prod.cluster.k8s/b']], body: '' },
      '/elsewhere': { status: 302, headers: [['Location', 'https://partner.example/c']], body: '' },
      '/below': { status: 302, headers: [['Location', 'http://prod.cluster.k8s.evil.example/d']], body: '' },
      '/cookie': {
        headers: ['a=1; Domain=prod.cluster.k8s; Path=/', 'b=2; Domain=other.example; Path=/', 'c=3', 'd=4; domain=.PROD.cluster.k8s']
          .map((cookie) => ['Set-Cookie', cookie] as const),
      },
      '/big': { headers: [['X-Big', 'x'.repeat(15_000)]] },
    },
  });
  await site.serve((chart, balancer) => {
    new EnvironmentEntry(chart, 'prod', { balancer, environment: 'prod', domains: ['example.com'] });
    new EnvironmentEntry(chart, 'secure', {
      balancer, environment: 'prod', domains: ['example.com'], name: 'secure', tls: ServerTls.fromFiles(prod.certFile, prod.keyFile),
    });
  });
});

test('a name with a dot at its end, with a port or in capital letters is the name', async () => {
  const answers = await Promise.all(['example.com.', 'example.com:80', 'EXAMPLE.com'].map((host) => site.request({ host })));

  expect(answers.map((answer) => headersOf(received(answer), 'Host', 'X-Forwarded-Host'))).toEqual(
    Array(3).fill({ 'Host': 'prod.cluster.k8s', 'X-Forwarded-Host': 'example.com' }));
});

test('the name in the request line counts, and the Host header is not believed', async () => {
  const answer = await site.request({ path: 'http://example.com/a', host: 'attacker.example' });

  expect(headersOf(received(answer), 'Host', 'X-Forwarded-Host')).toEqual({ 'Host': 'prod.cluster.k8s', 'X-Forwarded-Host': 'example.com' });
});

const FORGED = [
  ['X-Forwarded-For', '6.6.6.6'], ['X-Real-IP', '6.6.6.6'], ['X-Forwarded-Host', 'evil.example'], ['X-Forwarded-Port', '1'],
  ['X-Forwarded-Proto', 'gopher'], ['X-Forwarded-Prefix', '/evil'], ['X-Forwarded-Server', 'evil'], ['X-Forwarded-Scheme', 'evil'],
  ['X-Forwarded-Ssl', 'evil'], ['X-Original-Forwarded-For', '6.6.6.6'], ['X-Scheme', 'evil'], ['Forwarded', 'for=6.6.6.6'],
  ['Proxy', 'http://evil.example'], ['X-Request-ID', 'evil'], ['x-forwarded-for', '7.7.7.7'],
  // applications of some languages cannot tell these from those above
  ['X_Forwarded_For', '6.6.6.6'], ['X_Real_IP', '6.6.6.6'], ['X.Forwarded.Host', 'evil.example'],
] as const;

test.each([
  ['http', {}, 'http', '80'],
  ['https', https, 'https', '443'],
  ['HTTP/2', { ...https, httpVersion: '2' as const }, 'https', '443'],
])('what clients say of themselves over %s is gone, and what is true is there', async (_, options, proto, port) => {
  const client = site.at(100);
  const arrived = received(await site.request({ host: 'example.com', localAddress: client, headers: FORGED, ...options }));

  expect(JSON.stringify(arrived.headers)).not.toMatch(/evil|6\.6\.6\.6|7\.7\.7\.7|gopher/);
  expect(headersOf(arrived, ...SAID_OF_CLIENTS, 'Forwarded', 'Proxy')).toEqual({
    'X-Real-IP': client, 'X-Forwarded-For': client, 'X-Forwarded-Host': 'example.com', 'X-Forwarded-Port': port, 'X-Forwarded-Proto': proto,
  });
  expect(header(arrived, 'X-Request-ID')).toMatch(/^[0-9a-f]{32}$/);
});

test.each([
  ['/login', '/login?next=/a'],
  ['/secure', '/b'],
  ['/elsewhere', 'https://partner.example/c'],
  ['/below', 'http://prod.cluster.k8s.evil.example/d'],
])('a redirect of %s leads to %s', async (path, location) => {
  expect(await site.request({ host: 'example.com', path })).toMatchObject({ status: 302, headers: { location } });
});

test('the internal host is no domain of a cookie; other domains stay', async () => {
  const { rawHeaders } = await site.request({ host: 'example.com', path: '/cookie' });

  expect(rawHeaders.filter(([name]) => name === 'Set-Cookie').map(([, value]) => value)).toEqual([
    'a=1; Domain=example.com; Path=/', 'b=2; Domain=other.example; Path=/', 'c=3', 'd=4; domain=.example.com',
  ]);
});

test.each([['http', { port: 80 }], ['https', { port: 443, ...https }]])('a WebSocket over %s echoes', async (_, options) => {
  const messages = ['hello', 'ü'.repeat(2000)];

  expect(await webSocketEcho({ address: site.address, host: 'example.com', ...options, messages })).toEqual({ status: 101, echoes: messages });
});

test('a WebSocket in other letters is one as well', async () => {
  const headers = [['Upgrade', 'WebSocket'], ['Connection', 'keep-alive, Upgrade']] as const;

  expect((await webSocketEcho({ address: site.address, port: 80, host: 'example.com', headers })).status).toBe(101);
});

test('an upgrade to h2c is an ordinary request for the node, also where it hides behind a WebSocket', async () => {
  const upgrade = (protocol: string) => 'GET / HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade, HTTP2-Settings\r\n'
    + `Upgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n`;
  const protocols = ['h2c', 'websocket, h2c', 'h2c, websocket'];
  const answers = await Promise.all(protocols.map((protocol) => raw(site.address, 80, upgrade(protocol), { quietMs: 500 })));
  answers.forEach((answer) => expect(answer).toMatch(/^HTTP\/1\.1 200 /));

  expect(nodes.map(({ h2cUpgrades }) => h2cUpgrades)).toEqual([0, 0]);
  const [last] = nodes.map(({ requests }) => requests[requests.length - 1]).sort((a, b) => b.at - a.at);
  expect(headersOf(last, 'Upgrade', 'Connection')).toEqual({ Upgrade: undefined, Connection: undefined });
});

test.each([['http', {}], ['https', https], ['HTTP/2', { ...https, httpVersion: '2' as const }]])(
  'headers of 15 KB pass in both directions over %s', async (_, options) => {
    const big = Array.from({ length: 3000 }, (__, i) => i.toString().padStart(4, '0')).join('-');

    expect(header(received(await site.request({ host: 'example.com', headers: [['Cookie', big]], ...options })), 'Cookie')).toBe(big);
    expect((await site.request({ host: 'example.com', path: `/${'z'.repeat(15_000)}`, ...options })).status).toBe(200);
    const { status, headers } = await site.request({ host: 'example.com', path: '/big', ...options });
    expect([status, headers['x-big'].length]).toEqual([200, 15_000]);
  });
