import { createSocket, Socket } from 'node:dgram';
import { once } from 'node:events';
import { Protocol } from 'cdk8s-plus-28';
import { certificate, LoopbackSite, oldestAndNewest } from './site';
import { StreamBackend, StreamEntry } from '../../../lib';
import { HttpBackend } from '../support/backends';
import { authority } from '../support/certificates';
import { atEnd } from '../support/cleanup';
import { raw, received, request, RequestOptions } from '../support/client';
import { Nginx } from '../support/nginx-process';
import { TcpBackend } from '../support/tcp-backend';

/* Ports whose bytes are passed on as they are. */

const site = new LoopbackSite(42);
const ca = authority();
const machine = (name: string, host: number) => ({ name, address: site.at(host) });
const masters = [machine('master1', 31), machine('master2', 32), machine('master3', 33)];
const client = site.at(100);
let running: TcpBackend[];
let told: TcpBackend;
let server: Nginx;

beforeAll(async () => {
  running = await Promise.all([32, 33].map((host) => TcpBackend.start({ address: site.at(host), port: 6443, greeting: `${host} ` })));
  told = await TcpBackend.start({ address: site.at(34), port: 25 });
  await Promise.all([35, 36].map((host) => udpEcho(host)));
  await Promise.all([tlsBackend('shop', 37), tlsBackend('pay', 38), tlsBackend('rest', 39)]);
  server = await site.serve((chart, balancer) => {
    new StreamEntry(chart, 'api', { balancer, port: 16443, backend: StreamBackend.machines(masters, 6443) });
    new StreamEntry(chart, 'private', { balancer, port: 16444, backend: StreamBackend.machines(masters.slice(1), 6443), allowFrom: [client] });
    new StreamEntry(chart, 'mail', { balancer, port: 25, backend: StreamBackend.machines([machine('mail', 34)], 25, { sendProxyProtocol: true }) });
    new StreamEntry(chart, 'dns', {
      balancer, port: 5300, protocol: Protocol.UDP, backend: StreamBackend.machines([machine('dns1', 35), machine('dns2', 36)], 5300),
    });
    const closed = new StreamEntry(chart, 'names', { balancer, port: 443 });
    const open = new StreamEntry(chart, 'names-or-default', { balancer, port: 8443, backend: StreamBackend.machines([machine('rest', 39)], 443) });
    for (const entry of [closed, open]) {
      entry.addServerName('shop.example', StreamBackend.machines([machine('shop', 37)], 443));
      entry.addServerName('pay.example', StreamBackend.machines([machine('pay', 38)], 443));
    }
  });
});

function tlsBackend(name: string, host: number): Promise<HttpBackend> {
  const { cert, key } = certificate(ca, `${name}.example`);
  return site.backend(name, host, { port: 443, tls: { cert, key } });
}

/** Answers each packet with its own name. */
async function udpEcho(host: number): Promise<void> {
  const socket = createSocket('udp4');
  atEnd(() => void socket.close());
  socket.on('message', (packet, { port, address }) => socket.send(`${host} ${packet.toString()}`, port, address));
  socket.bind(5300, site.at(host));
  await once(socket, 'listening');
}

test('a connection goes to a master that runs, also when it is the turn of one that does not', async () => {
  const answers = await Promise.all(Array.from({ length: 9 }, (_, i) => raw(site.address, 16443, `call ${i}`, { quietMs: 500 })));

  answers.forEach((answer, i) => expect(answer).toMatch(new RegExp(`^(32|33) call ${i}$`)));
  expect(running.every(({ received: calls }) => calls.length > 0)).toBe(true);
});

test('only those who may connect', async () => {
  expect(await raw(site.address, 16444, 'hello', { localAddress: client, quietMs: 400 })).toMatch(/^3[23] hello$/);
  expect(await raw(site.address, 16444, 'hello', { localAddress: site.at(101), quietMs: 400 })).toBe('');
});

test('a backend that expects it is told who the client is', async () => {
  await raw(site.address, 25, 'HELO me\r\n', { localAddress: client, quietMs: 400 });

  expect(told.received).toHaveLength(1);
  expect(told.received[0]).toMatch(new RegExp(`^PROXY TCP4 ${client} ${site.address} \\d+ 25\r\nHELO me\r\n$`));
});

test('all packets of a UDP client reach the same backend, and those of many clients all backends', async () => {
  const clients = await Promise.all(Array.from({ length: 6 }, async () => {
    const socket: Socket = createSocket('udp4');
    const answers: string[] = [];
    socket.on('message', (packet) => answers.push(packet.toString()));
    for (let i = 0; i < 5; i++) {
      const answered = once(socket, 'message');
      socket.send(`packet ${i}`, 5300, site.address);
      await answered;
    }
    socket.close();
    return answers;
  }));
  const backends = clients.map((answers) => answers[0].split(' ')[0]);

  clients.forEach((answers, at) => expect(answers).toEqual([0, 1, 2, 3, 4].map((i) => `${backends[at]} packet ${i}`)));
  expect([...new Set(backends)].sort()).toEqual(['35', '36']);
});

describe('TLS by the name that is asked for', () => {
  const ask = (port: number, servername?: string, more: Partial<RequestOptions> = {}) =>
    request({ address: site.address, port, tls: { servername, ca: servername && ca.cert }, ...more });

  test.each([443, 8443])('goes undecrypted to the backend of the name, on port %i', async (port) => {
    for (const name of ['shop', 'pay']) {
      const servername = `${name}.example`;
      expect(received(await ask(port, servername, { host: 'whatever' }))).toMatchObject({ server: name, tls: { servername } });
    }
  });

  test('an unknown name and no name are closed where there is no backend for them', async () => {
    expect((await ask(443, 'unknown.example')).status).toBe(0);
    expect((await ask(443)).status).toBe(0);
    expect(await raw(site.address, 443, 'GET / HTTP/1.1\r\n\r\n', { quietMs: 200 })).toBe('');
  });

  test('and go to it where there is one', async () => {
    expect(received(await ask(8443, 'rest.example')).server).toBe('rest');
    expect(received(await ask(8443)).server).toBe('rest');
  });
});

test('connections are logged, with the backend', async () => {
  const line = /^\[.*\] 127\.80\.42\.100 -> 25 "TCP 200" Sent=\[\d+\] Received=\[9\] Upstream=\[127\.80\.42\.34:25\] Time=/m;

  await server.waitForLog('stream_access.log', line);
});

test('the newest nginx does it as well', async () => {
  const [, newest] = await oldestAndNewest();
  const own = new LoopbackSite(43);
  await TcpBackend.start({ address: own.at(31), port: 6443 });
  await own.serve((chart, balancer) => new StreamEntry(chart, 'api', {
    balancer, port: 16443, backend: StreamBackend.machines([{ name: 'master1', address: own.at(31) }], 6443),
  }), { binary: newest });

  expect(await raw(own.address, 16443, 'hello', { quietMs: 400 })).toBe('hello');
});
