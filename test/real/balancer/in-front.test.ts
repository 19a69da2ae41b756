import { certificate, Define, header, headersOf, LoopbackSite, SAID_OF_CLIENTS } from './site';
import { EnvironmentEntry, ServerTls, StreamBackend, StreamEntry } from '../../../lib';
import { authority } from '../support/certificates';
import { raw, received, request } from '../support/client';
import { Nginx } from '../support/nginx-process';
import { TcpBackend } from '../support/tcp-backend';

/* Proxies in front of the balancer. */

const ca = authority();
const own = certificate(ca, 'example.com');
const tls = { servername: 'example.com', ca: ca.cert };
const prod: Define = (chart, balancer) => {
  new EnvironmentEntry(chart, 'prod', { balancer, environment: 'prod', domains: ['example.com'] });
  new EnvironmentEntry(chart, 'secure', {
    balancer, environment: 'prod', domains: ['example.com'], name: 'secure', allowFrom: ['198.51.100.0/24'],
    tls: ServerTls.fromFiles(own.certFile, own.keyFile),
  });
};

describe('that say who the client is in headers', () => {
  const site = new LoopbackSite(40);
  const [proxy, second, stranger] = [site.at(50), site.at(61), site.at(100)];
  const SAID = [
    ['X-Forwarded-For', '203.0.113.9'], ['X-Forwarded-Host', 'typed.example'], ['X-Forwarded-Port', '8443'], ['X-Forwarded-Proto', 'https'],
    ['X-Real-IP', '6.6.6.6'], ['Forwarded', 'for=6.6.6.6'], ['X-Forwarded-Prefix', '/evil'],
  ] as const;
  let server: Nginx;
  beforeAll(async () => {
    await site.nodes();
    server = await site.serve(prod, { props: { trustedProxies: [proxy, `${site.at(60)}/30`] } });
  });
  const ask = async (localAddress: string, headers: readonly (readonly [string, string])[]) =>
    received(await site.request({ host: 'example.com', localAddress, headers, path: '/logged' }));

  test('a trusted one is believed, and its chain is continued', async () => {
    expect(headersOf(await ask(proxy, SAID), ...SAID_OF_CLIENTS, 'Forwarded', 'X-Forwarded-Prefix')).toEqual({
      'X-Real-IP': '203.0.113.9', 'X-Forwarded-For': '203.0.113.9, 203.0.113.9', 'X-Forwarded-Host': 'typed.example', 'X-Forwarded-Port': '8443',
      'X-Forwarded-Proto': 'https',
    });
    await server.waitForLog('prod_access.log', /\] 203\.0\.113\.9 -> example\.com "GET \/logged .* X-Forwarded-For=\[203\.0\.113\.9\]/);
  });

  test('of several in a row the client is the last address that is none of them', async () => {
    const arrived = await ask(proxy, [['X-Forwarded-For', `6.6.6.6, 203.0.113.9, ${second}`]]);

    expect(headersOf(arrived, 'X-Real-IP', 'X-Forwarded-For')).toEqual({
      'X-Real-IP': '203.0.113.9', 'X-Forwarded-For': `6.6.6.6, 203.0.113.9, ${second}, 203.0.113.9`,
    });
  });

  test('several headers are one chain', async () => {
    const arrived = await ask(proxy, [['X-Forwarded-For', '6.6.6.6'], ['X-Forwarded-For', '203.0.113.9']]);

    expect(headersOf(arrived, 'X-Real-IP', 'X-Forwarded-For')).toEqual({
      'X-Real-IP': '203.0.113.9', 'X-Forwarded-For': '6.6.6.6, 203.0.113.9, 203.0.113.9',
    });
  });

  test('one that says nothing is the client', async () => {
    expect(headersOf(await ask(second, []), ...SAID_OF_CLIENTS)).toEqual({
      'X-Real-IP': second, 'X-Forwarded-For': second, 'X-Forwarded-Host': 'example.com', 'X-Forwarded-Port': '80', 'X-Forwarded-Proto': 'http',
    });
  });

  test('nobody else is believed', async () => {
    const arrived = await ask(stranger, SAID);

    expect(headersOf(arrived, ...SAID_OF_CLIENTS)).toEqual({
      'X-Real-IP': stranger, 'X-Forwarded-For': stranger, 'X-Forwarded-Host': 'example.com', 'X-Forwarded-Port': '80', 'X-Forwarded-Proto': 'http',
    });
    expect(JSON.stringify(arrived.headers)).not.toMatch(/6\.6\.6\.6|203\.0\.113|evil|typed/);
  });

  test('a stranger gains nothing by naming a trusted one', async () => {
    expect(header(await ask(stranger, [['X-Forwarded-For', `203.0.113.9, ${proxy}`]]), 'X-Real-IP')).toBe(stranger);
  });
});

describe('that speak PROXY protocol', () => {
  const site = new LoopbackSite(41);
  const [proxy, stranger] = [site.at(50), site.at(100)];
  const line = (from: string) => `PROXY TCP4 ${from} ${site.address} 40000 80\r\n`;
  let masters: TcpBackend;
  beforeAll(async () => {
    await site.nodes();
    masters = await TcpBackend.start({ address: site.at(31), port: 6443 });
    await site.serve((chart, balancer) => {
      prod(chart, balancer);
      new StreamEntry(chart, 'api', {
        balancer, port: 16443, allowFrom: ['198.51.100.0/24'],
        backend: StreamBackend.machines([{ name: 'master1', address: site.at(31) }], 6443, { sendProxyProtocol: true }),
      });
    }, { props: { trustedProxies: [proxy], acceptProxyProtocol: true } });
  });
  const ask = (from: string, more = {}) => site.request({ host: 'example.com', localAddress: proxy, preamble: line(from), ...more });

  test('the client is the one of their header, whatever headers of the request say', async () => {
    const arrived = received(await ask('198.51.100.7', { headers: [['X-Forwarded-For', '6.6.6.6'], ['X-Forwarded-Proto', 'https']] }));

    expect(headersOf(arrived, ...SAID_OF_CLIENTS)).toEqual({
      'X-Real-IP': '198.51.100.7', 'X-Forwarded-For': '198.51.100.7', 'X-Forwarded-Host': 'example.com', 'X-Forwarded-Port': '80',
      'X-Forwarded-Proto': 'http',
    });
  });

  test('so it is over https, where it decides who may ask', async () => {
    expect(header(received(await ask('198.51.100.7', { tls })), 'X-Real-IP')).toBe('198.51.100.7');
    expect((await ask('203.0.113.9', { tls })).status).toBe(403);
  });

  test('a connection without the header is refused', async () => {
    expect(await site.request({ host: 'example.com', localAddress: proxy })).toMatchObject({ status: 0, error: 'TRUNCATED' });
    expect((await site.request({ host: 'example.com', localAddress: proxy, tls })).status).toBe(0);
  });

  test('a stranger with the header is itself', async () => {
    expect(header(received(await ask('198.51.100.7', { localAddress: stranger })), 'X-Real-IP')).toBe(stranger);
    expect((await ask('198.51.100.7', { localAddress: stranger, tls })).status).toBe(403);
  });

  test('streams hear it as well, and tell their backend', async () => {
    const say = (from: string, localAddress: string) => raw(site.address, 16443, 'hello', { localAddress, preamble: line(from), quietMs: 400 });

    expect(await say('198.51.100.7', proxy)).toMatch(/^PROXY TCP4 198\.51\.100\.7 [0-9.]+ 40000 \d+\r\nhello$/);
    expect(await say('203.0.113.9', proxy)).toBe('');
    expect(await say('198.51.100.7', stranger)).toBe('');
    expect(masters.received).toHaveLength(1);
    expect((await request({ address: site.address, port: 16443, localAddress: proxy })).status).toBe(0);
  });
});
