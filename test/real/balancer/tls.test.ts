import { once } from 'node:events';
import { connect, ConnectionOptions, TLSSocket } from 'node:tls';
import { certificate, Define, header, LoopbackSite, oldestAndNewest } from './site';
import { Backend, CaBundle, ClientCertificate, ManagementEntry, Scheme, ServerTls, TlsPolicy, UpstreamTls } from '../../../lib';
import { Authority, authority } from '../support/certificates';
import { received, request } from '../support/client';

/* TLS towards clients, and what it takes to be one. */

const ca = authority();
const own = certificate(ca, 'open.example', 'staff.example', 'partners.example');
const [staffCa, partnersCa] = [Authority.create('staff'), Authority.create('partners')];
const staff = staffCa.intermediate('staff of 2026').issue({ names: ['ann'], purpose: 'client' });
const partner = partnersCa.issue({ names: ['bob'], purpose: 'client' });
const shown = ({ cert, key }: { cert: string; key: string }) => ({ cert, key });

const define: Define = (chart, balancer) => {
  const tls = (clientCa?: Authority) =>
    ServerTls.fromFiles(own.certFile, own.keyFile, { clientCa: clientCa && CaBundle.fromFile(clientCa.certFile) });
  new ManagementEntry(chart, 'staff', { balancer, domains: ['staff.example'], tls: tls(staffCa) });
  new ManagementEntry(chart, 'partners', { balancer, domains: ['partners.example'], tls: tls(partnersCa) });
  new ManagementEntry(chart, 'open', { balancer, domains: ['open.example'], tls: tls() });
};

describe('client certificates', () => {
  const site = new LoopbackSite(26);
  const ask = (name: string, client: { cert?: string; key?: string } = {}, more = {}) =>
    site.request({ host: name, tls: { servername: name, ca: ca.cert, ...client }, ...more });
  const arrived = async (): Promise<number> => (await nodes).reduce((sum, node) => sum + node.requests.length, 0);
  const nodes = site.nodes();
  beforeAll(async () => {
    await nodes;
    await site.serve(define);
  });

  test('who has one of the right authority may ask, also one of an intermediate', async () => {
    expect((await ask('staff.example', shown(staff))).status).toBe(200);
    expect((await ask('partners.example', shown(partner))).status).toBe(200);
    expect((await ask('open.example')).status).toBe(200);
  });

  test.each([
    ['none', {}],
    ['one of another authority', shown(partner)],
    ['one that ran out', shown(staffCa.issue({ names: ['carl'], purpose: 'client', validity: 'expired' }))],
    ['one of a server', shown(staffCa.issue({ names: ['host.example'] }))],
  ])('who has %s may not', async (_, client) => {
    const before = await arrived();

    expect((await ask('staff.example', client)).status).toBe(400);
    expect(await arrived()).toBe(before);
  });

  test.each(['1.1', '2'] as const)('the handshake of another entry is no way around, with HTTP/%s', async (httpVersion) => {
    const before = await arrived();

    expect((await ask('open.example', {}, { host: 'staff.example', httpVersion })).status).toBe(421);
    expect((await ask('partners.example', shown(partner), { host: 'staff.example', httpVersion })).status).toBe(421);
    expect(await arrived()).toBe(before);
  });

  test.each([['TLSv1.2', 'partners.example'], ['TLSv1.2', 'open.example'], ['TLSv1.3', 'partners.example'], ['TLSv1.3', 'open.example']] as const)(
    'nor is a session of %s with %s that is resumed under the protected name', async (version, from) => {
      const before = await arrived();
      const session = await sessionOf(site.address, { servername: from, minVersion: version, maxVersion: version, ...shown(partner) });
      const options = { servername: 'staff.example', minVersion: version, maxVersion: version, session };

      expect(await statusOf(site.address, options)).not.toBe(200);
      expect(await arrived()).toBe(before + 1);
    });
});

describe('protocols', () => {
  const [usual, modern] = [new LoopbackSite(27), new LoopbackSite(28)];
  beforeAll(async () => {
    for (const [site, tlsPolicy] of [[usual, TlsPolicy.INTERMEDIATE], [modern, TlsPolicy.MODERN]] as const) {
      await site.nodes();
      await site.serve(define, { props: { tlsPolicy } });
    }
  });
  const speak = (site: LoopbackSite, version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3', more: ConnectionOptions = {}) =>
    statusOf(site.address, { servername: 'open.example', minVersion: version, maxVersion: version, ...more });

  test('TLS 1.2 and 1.3 as a rule, and 1.3 only with MODERN', async () => {
    expect(await Promise.all([speak(usual, 'TLSv1.3'), speak(usual, 'TLSv1.2'), speak(modern, 'TLSv1.3')])).toEqual([200, 200, 200]);
    expect(await speak(modern, 'TLSv1.2')).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
  });

  test('TLS 1.1 never', async () => {
    const old = { ciphers: 'DEFAULT:@SECLEVEL=0' };
    const refused = 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION';
    expect(await Promise.all([speak(usual, 'TLSv1.1', old), speak(modern, 'TLSv1.1', old)])).toEqual([refused, refused]);
  });

  test('of TLS 1.2 only ciphers with forward secrecy and AEAD', async () => {
    expect(await speak(usual, 'TLSv1.2', { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' })).toBe(200);
    expect(await speak(usual, 'TLSv1.2', { ciphers: 'ECDHE-ECDSA-AES128-SHA256:AES128-GCM-SHA256:@SECLEVEL=0' })).toMatch(/HANDSHAKE_FAILURE/);
  });
});

describe('HTTP/2', () => {
  test('where clients speak it, on the oldest and on the newest nginx; not where it is off', async () => {
    const binaries = await oldestAndNewest();
    const cases = [...binaries.map((binary) => ({ binary, http2: true })), { binary: binaries[0], http2: false }];
    const negotiated = await Promise.all(cases.map(async ({ binary, http2 }, i) => {
      const site = new LoopbackSite(30 + i);
      await site.nodes();
      await site.serve(define, { binary, props: { http2 } });
      const ask = (httpVersion: '1.1' | '2') => site.request({ host: 'open.example', tls: { servername: 'open.example', ca: ca.cert }, httpVersion });
      for (const answer of await Promise.all([ask('1.1'), ask(http2 ? '2' : '1.1')])) {
        expect(header(received(answer), 'X-Forwarded-Proto')).toBe('https');
      }
      return protocolOf(site.address);
    }));

    expect(negotiated).toEqual([...binaries.map(() => 'h2'), 'http/1.1']);
  });
});

describe('TLS towards machines', () => {
  const site = new LoopbackSite(34);
  beforeAll(async () => {
    const [right, wrong] = [certificate(ca, 'app.cluster.k8s'), certificate(ca, 'another.cluster.k8s')];
    await site.backend('right', 31, { port: 443, tls: { ...shown(right), ca: staffCa.cert } });
    await site.backend('wrong', 32, { port: 443, tls: shown(wrong) });
    await site.serve((chart, balancer) => {
      const entry = (name: string, host: number, tls: UpstreamTls) => new ManagementEntry(chart, name, {
        balancer, domains: [`${name}.example`],
        backend: Backend.machines([{ name, address: site.at(host) }], { scheme: Scheme.HTTPS, host: 'app.cluster.k8s', tls }),
      });
      const trusted = CaBundle.fromFile(ca.certFile);
      entry('right', 31, UpstreamTls.verified({ ca: trusted, clientCertificate: ClientCertificate.fromFiles(staff.certFile, staff.keyFile) }));
      entry('wrong', 32, UpstreamTls.verified({ ca: trusted }));
      entry('unverified', 32, UpstreamTls.insecure('the certificate is being replaced'));
    });
  });
  const ask = (name: string) => request({ address: site.address, port: 80, host: `${name}.example` });

  test('a machine hears its name, and sees the certificate of the balancer', async () => {
    expect(received(await ask('right'))).toMatchObject({ server: 'right', tls: { servername: 'app.cluster.k8s', clientCertSubject: 'ann' } });
  });

  test('a certificate of another name is refused, unless nobody verifies it', async () => {
    expect((await ask('wrong')).status).toBe(502);
    expect(received(await ask('unverified')).server).toBe('wrong');
  });
});

async function open(host: string, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ host, port: 443, ca: ca.cert, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

/** The status of a GET, or the code of what went wrong. */
async function statusOf(host: string, options: ConnectionOptions): Promise<number | string> {
  try {
    const socket = await open(host, options);
    socket.write(`GET / HTTP/1.1\r\nHost: ${options.servername}\r\nConnection: close\r\n\r\n`);
    const [answer] = await once(socket, 'data') as [Buffer];
    socket.destroy();
    return Number(answer.toString('latin1').split(' ')[1]);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/** A session that could be resumed, after a GET. */
async function sessionOf(host: string, options: ConnectionOptions): Promise<Buffer> {
  const socket = connect({ host, port: 443, ca: ca.cert, ...options });
  const session = once(socket, 'session') as Promise<[Buffer]>;
  await once(socket, 'secureConnect');
  socket.write(`GET / HTTP/1.1\r\nHost: ${options.servername}\r\n\r\n`);
  await once(socket, 'data');
  const [ticket] = await session;
  socket.destroy();
  return ticket;
}

async function protocolOf(host: string): Promise<string | false | null> {
  const socket = await open(host, { servername: 'open.example', ALPNProtocols: ['h2', 'http/1.1'] });
  socket.destroy();
  return socket.alpnProtocol;
}
