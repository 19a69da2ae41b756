import { createHash } from 'node:crypto';
import { HttpBackend } from './backends';
import { authority, Authority } from './certificates';
import { Connection, raw, received, request, requestOn, webSocketEcho } from './client';
import { load, percentile } from './load';
import { silentPort } from './silent-port';
import { TcpBackend } from './tcp-backend';

describe('HTTP', () => {
  let backend: HttpBackend;
  beforeAll(async () => {
    backend = await HttpBackend.start({
      name: 'b',
      address: '127.0.0.7',
      behaviours: {
        '/slow': { delayMs: 120 },
        '/cookies': { status: 302, headers: [['Location', 'http://a/'], ['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2']], body: '' },
        '/big': { headers: [['X-Big', 'x'.repeat(15_000)]] },
        '/reset': { abort: 'reset' },
        '/close': { abort: 'close' },
        '/truncate': { abort: 'truncate', body: 10_000 },
        '/silent': { silent: true },
        '/parts': { parts: 3, body: 'abcdef', partDelayMs: 10 },
      },
    });
  });
  const to = (path: string): Parameters<typeof request>[0] => ({ address: backend.address, port: backend.port, path });

  test('says exactly what arrived', async () => {
    const headers = [['X-b', '1'], ['x-A', '2'], ['X-b', '3']] as const;
    const response = await request({ ...to('/p?q'), method: 'PUT', headers, body: 'body', localAddress: '127.0.0.9', host: 'Some.Host' });
    expect(received(response)).toMatchObject({
      server: 'b', method: 'PUT', url: '/p?q', httpVersion: '1.1', bodyLength: 4, remoteAddress: '127.0.0.9',
      headers: [['Host', 'Some.Host'], ...headers, ['Content-Length', '4']],
      sha256: createHash('sha256').update('body').digest('hex'),
    });
    expect(backend.requests[backend.requests.length - 1]).toEqual(received(response));
  });

  test('HTTP/1.0 without Host, chunked bodies, arbitrary bytes', async () => {
    expect(received(await request({ ...to('/'), httpVersion: '1.0', host: null }))).toMatchObject({ httpVersion: '1.0', headers: [] });
    expect(received(await request({ ...to('/'), method: 'POST', body: 'abc', chunked: true })).bodyLength).toBe(3);
    expect(await raw(backend.address, backend.port, 'GET / HTTP/1.1\nHost\x01: a\r\n\r\n', { quietMs: 100 })).toBe('');
  });

  test('scripted behaviours', async () => {
    expect((await request(to('/slow'))).timeMs).toBeGreaterThan(115);
    const { status, rawHeaders, headers } = await request(to('/cookies'));
    expect({ status, location: headers.location }).toEqual({ status: 302, location: 'http://a/' });
    expect(rawHeaders.filter(([name]) => name === 'Set-Cookie').map(([, value]) => value)).toEqual(['a=1', 'b=2']);
    expect((await request(to('/big'))).headers['x-big']).toHaveLength(15_000);
    expect((await request(to('/reset'))).error).toBe('ECONNRESET');
    expect((await request(to('/close'))).error).toBe('TRUNCATED');
    expect((await request(to('/truncate'))).error).toBe('TRUNCATED');
    expect((await request({ ...to('/silent'), timeoutMs: 100 })).error).toBe('TIMEOUT');
    expect((await request(to('/parts'))).body).toBe('abcdef');
    expect((await request({ ...to('/'), method: 'HEAD' })).body).toBe('');
  });

  test('connections are counted, and reused when the client does', async () => {
    const connection = await Connection.open(to('/'));
    const [first, second] = [await requestOn(connection, to('/')), await requestOn(connection, to('/'))];
    expect(received(first).connectionId).toBe(received(second).connectionId);
    connection.close();
  });

  test('WebSocket echo, short and long', async () => {
    const messages = ['hello', 'ä'.repeat(3000)];
    expect(await webSocketEcho({ ...to('/ws'), messages })).toEqual({ status: 101, echoes: messages });
    expect(backend.webSockets).toBe(1);
  });

  test('an h2c upgrade is counted and tunnelled', async () => {
    const answer = await raw(backend.address, backend.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nsmuggled');
    expect(answer).toMatch(/^HTTP\/1.1 101 /);
    expect(backend.h2cUpgrades).toBe(1);
  });

  test('load, open and closed loop', async () => {
    const open = await load({ ...to('/'), rate: 100, seconds: 0.3 });
    expect(open).toMatchObject({ sent: 30, statuses: { 200: 30 }, errors: {} });
    const closed = await load({ ...to('/'), concurrency: 3, seconds: 0.2, method: 'POST', body: 'x', keepAlive: false });
    expect(closed.statuses[200]).toBe(closed.sent);
    expect(percentile(closed.latencies, 50)).toBeLessThan(100);
    const dead = await load({ port: 1, rate: 20, seconds: 0.1 });
    expect(dead).toMatchObject({ sent: 2, errors: { ECONNREFUSED: 2 } });
  });

  test('a handler decides by what arrived', async () => {
    let count = 0;
    const flaky = await HttpBackend.start({ name: 'flaky', handler: ({ method }) => method === 'GET' && ++count === 1 ? { abort: 'reset' } : undefined });
    expect((await request({ port: flaky.port })).error).toBe('ECONNRESET');
    expect((await request({ port: flaky.port })).status).toBe(200);
  });

  test('stop refuses', async () => {
    const other = await HttpBackend.start({ name: 'other' });
    const { port } = other;
    await other.stop();
    expect((await request({ port })).error).toBe('ECONNREFUSED');
  });
});

test('plain TCP', async () => {
  const backend = await TcpBackend.start({ greeting: 'hi ' });
  expect(await raw('127.0.0.1', backend.port, 'PROXY x\r\n', { quietMs: 50 })).toBe('hi PROXY x\r\n');
  expect(backend.received).toEqual(['PROXY x\r\n']);
});

test('a silent port neither accepts nor refuses, as often as one tries', async () => {
  const silent = await silentPort('127.0.0.8');
  const tries = await Promise.all([1, 2, 3].map(() => request({ ...silent, timeoutMs: 1500 })));
  expect(tries.map(({ error }) => error)).toEqual(['TIMEOUT', 'TIMEOUT', 'TIMEOUT']);
  await silent.close();
  expect((await request({ address: silent.address, port: silent.port })).error).toBe('ECONNREFUSED');
});

describe('TLS', () => {
  test('SNI, client certificates, chains; wrong ones are refused', async () => {
    const root = authority();
    const intermediate = root.intermediate('one').intermediate('two');
    const backend = await HttpBackend.start({ name: 't', tls: { ...intermediate.issue({ names: ['a.test', '127.0.0.1'] }), ca: root.cert } });
    const client = root.issue({ names: ['some client'], purpose: 'client' });
    const tls = { servername: 'a.test', ca: root.cert, cert: client.cert, key: client.key };
    expect(received(await request({ port: backend.port, tls })).tls).toEqual({ servername: 'a.test', clientCertSubject: 'some client' });
    expect((await request({ port: backend.port, tls: { ...tls, servername: 'b.test' } })).error).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect((await request({ port: backend.port, tls: { ...tls, ca: Authority.create('x').cert } })).error).toMatch(/SELF_SIGNED|ISSUER/);
    const other = Authority.create('other').issue({ names: ['x'], purpose: 'client' });
    expect((await request({ port: backend.port, tls: { ...tls, cert: other.cert, key: other.key } })).status).toBe(0);
  });

  test.each([['expired', 'CERT_HAS_EXPIRED'], ['future', 'CERT_NOT_YET_VALID']] as const)('%s', async (validity, code) => {
    const root = authority();
    const backend = await HttpBackend.start({ name: 't', tls: root.issue({ names: ['a.test'], validity }) });
    expect((await request({ port: backend.port, tls: { servername: 'a.test', ca: root.cert } })).error).toBe(code);
    expect((await request({ port: backend.port, tls: {} })).status).toBe(200);
  });
});
