import { Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Cluster, logged } from './cluster';
import { Pod } from './pod';
import { newest, newProxy, oldest } from './site';
import { CaBundle, Scheme, UpstreamTls } from '../../../lib';
import { HttpBackend } from '../support/backends';
import { Authority, authority } from '../support/certificates';
import { Connection, raw, received, request, RequestOptions, Response, webSocketEcho } from '../support/client';
import { NginxBinary } from '../support/nginx-binaries';
import { silentPort } from '../support/silent-port';
import { TcpBackend } from '../support/tcp-backend';

const MIB = 1024 * 1024;

/** A pod with the routes of these tests, and what takes its ten seconds, begun beside all others. */
interface Subject {
  readonly cluster: Cluster;
  readonly pod: Pod;
  readonly ask: (route: string, options?: Partial<RequestOptions>) => Promise<Response>;
  readonly portOf: (route: string) => number;
  readonly slow: Promise<Response>;
  readonly silent: Promise<Response>[];
}

async function start(binary: NginxBinary): Promise<Subject> {
  const partners = Authority.create('partners');
  const cluster = new Cluster({ binary, systemCa: partners.cert });
  const address = (n: number): string => cluster.network.address(n);
  const at = (n: number, port: number): { name: string; address: string; port: number } => ({ name: String(n), address: address(n), port });
  await HttpBackend.start({
    ...at(1, 80),
    behaviours: {
      '/slow': { delayMs: 12_000 },
      '/left': { delayMs: 1000 },
      '/moved': { status: 302, headers: [['Location', 'http://plain.test/login?a=b']], body: '' },
      '/moved-to-https': { status: 301, headers: [['Location', 'https://plain.test/login']], body: '' },
      '/moved-elsewhere': { status: 301, headers: [['Location', 'https://elsewhere.test/x']], body: '' },
      '/cookies': { headers: [['Set-Cookie', 'a=1; Domain=plain.test; Path=/'], ['Set-Cookie', 'b=2']] },
    },
  });
  await HttpBackend.start(at(2, 8080));
  await HttpBackend.start({ ...at(3, 443), tls: authority().issue({ names: ['private.test'] }) });
  await HttpBackend.start({ ...at(4, 8443), tls: authority().issue({ names: ['private.test'] }) });
  await HttpBackend.start({ ...at(5, 443), tls: partners.issue({ names: ['public.test'] }) });
  await silentPort(address(6), 80);
  await TcpBackend.start({ ...at(7, 80), echo: false, greeting: 'HTTP/1.1 942 Odd\r\nContent-Length: 0\r\n\r\n' });

  const { chart, proxy } = newProxy(cluster);
  const configMap = CaBundle.fromConfigMap(kplus.ConfigMap.fromConfigMapName(chart, 'root-ca', 'root-ca'));
  const secret = CaBundle.fromSecret(kplus.Secret.fromSecretName(chart, 'other-ca', 'other-ca'), 'authorities.pem');
  const http = { scheme: Scheme.HTTP, host: 'plain.test' };
  proxy.addRoute('plain', { ...http, targets: [address(1)] });
  proxy.addRoute('bare', { scheme: Scheme.HTTP, targets: [`${address(2)}:8080`], port: 8080, maxBodySize: Size.mebibytes(1) });
  proxy.addRoute('from-config-map', { scheme: Scheme.HTTPS, host: 'private.test', targets: [address(3)], tls: UpstreamTls.verified({ ca: configMap }) });
  proxy.addRoute('from-secret', {
    scheme: Scheme.HTTPS, host: 'other.test', targets: [`${address(4)}:8443`], tls: UpstreamTls.verified({ ca: secret, serverName: 'private.test' }),
  });
  proxy.addRoute('public', { scheme: Scheme.HTTPS, host: 'public.test', targets: [address(5)] });
  proxy.addRoute('untrusted', { scheme: Scheme.HTTPS, host: 'private.test', targets: [address(3)] });
  proxy.addRoute('half-silent', { ...http, targets: [address(6), address(1)] });
  proxy.addRoute('half-silent-quick', { ...http, targets: [address(6), address(1)], connectTimeout: Duration.seconds(1) });
  proxy.addRoute('odd', { scheme: Scheme.HTTP, host: 'odd.test', targets: [address(7)] });
  cluster.apply(chart);
  cluster.configMap('root-ca', { 'ca.crt': authority().cert, 'more': 'x' });
  cluster.secret('other-ca', { 'authorities.pem': authority().cert });

  const pod = await cluster.startPod();
  const portOf = cluster.portsOf(proxy);
  const ask: Subject['ask'] = (route, options) => request({ address: pod.address, port: portOf(route), host: route, timeoutMs: 30_000, ...options });
  return { cluster, pod, ask, portOf, slow: ask('plain', { path: '/slow' }), silent: [ask('half-silent'), ask('half-silent', { method: 'POST', body: 'x' })] };
}

let subjects: Subject[];

beforeAll(async () => {
  subjects = [await start(await newest()), await start(await oldest())];
});

describe.each([['the newest nginx', 0], ['the oldest supported nginx', 1]])('%s', (_, index) => {
  let cluster: Cluster;
  let pod: Pod;
  let ask: Subject['ask'];
  let portOf: Subject['portOf'];

  beforeAll(() => {
    ({ cluster, pod, ask, portOf } = subjects[index]);
  });

  test('every route is served on its port, with the Host and the server name of the external system', async () => {
    const [plain, bare, fromConfigMap, fromSecret, trusted] = await Promise.all(
      ['plain', 'bare', 'from-config-map', 'from-secret', 'public'].map(async (route) => received(await ask(route, { path: '/a%20b//./c/../?d=%2F' }))));

    const host = 'Host';
    expect(plain).toMatchObject({ server: '1', url: '/a%20b//./c/../?d=%2F', httpVersion: '1.1', headers: [[host, 'plain.test']] });
    expect(bare).toMatchObject({ server: '2', headers: [[host, `${cluster.network.address(2)}:8080`]] });
    expect(fromConfigMap).toMatchObject({ server: '3', headers: [[host, 'private.test']], tls: { servername: 'private.test' } });
    expect(fromSecret).toMatchObject({ server: '4', headers: [[host, 'other.test']], tls: { servername: 'private.test' } });
    expect(trusted).toMatchObject({ server: '5', headers: [[host, 'public.test']], tls: { servername: 'public.test' } });
  });

  test('the Service decides, whatever Host the client sends', async () => {
    for (const host of ['bare', 'unknown.test', '127.0.0.1']) {
      expect(received(await ask('plain', { host })).server).toBe('1');
    }
    expect((await raw(pod.address, portOf('plain'), 'GET / HTTP/1.0\r\n\r\n'))).toContain('"server":"1"');
  });

  test('a certificate of an authority that is not trusted is a 502', async () => {
    expect((await ask('untrusted')).status).toBe(502);
    expect(pod.stderr).toMatch(/upstream SSL certificate verify error: \(\d+:[^)]+\).* server: untrusted/);
  });

  test('a body of the largest size passes, and one byte more is a 413', async () => {
    expect(received(await ask('bare', { method: 'POST', body: Buffer.alloc(MIB) })).bodyLength).toBe(MIB);
    expect((await ask('bare', { method: 'POST', body: Buffer.alloc(MIB + 1) })).status).toBe(413);
    expect(received(await ask('plain', { method: 'PUT', body: Buffer.alloc(16 * MIB) })).bodyLength).toBe(16 * MIB);
    expect((await ask('plain', { method: 'PUT', body: Buffer.alloc(16 * MIB + 1) })).status).toBe(413);
    expect((await ask('bare', { method: 'POST', body: Buffer.alloc(MIB + 1), chunked: true })).status).toBe(413);
  });

  test('headers about the client are removed, and all others pass', async () => {
    const forged = ['X-Real-IP', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Port', 'X-Forwarded-Proto', 'X-Forwarded-Prefix', 'X-Forwarded-Server',
      'X-Forwarded-Scheme', 'X-Forwarded-Ssl', 'X-Original-Forwarded-For', 'X-Scheme', 'Forwarded', 'Proxy', 'x-forwarded-for'];
    const kept = [['Authorization', 'Bearer a"b\\c'], ['app_key', 'k'], ['X-Request-ID', '7'], ['Accept', '*/*']] as const;

    const { headers } = received(await ask('plain', { headers: [...forged.map((name) => [name, '6.6.6.6'] as const), ...kept] }));

    expect(headers).toEqual([['Host', 'plain.test'], ...kept]);
  });

  test('redirects and cookies carry the name that the client knows', async () => {
    expect((await ask('plain', { path: '/moved' })).headers.location).toBe('/login?a=b');
    expect((await ask('plain', { path: '/moved-to-https' })).headers.location).toBe('/login');
    expect((await ask('plain', { path: '/moved-elsewhere' })).headers.location).toBe('https://elsewhere.test/x');
    const cookies = (await ask('plain', { path: '/cookies' })).rawHeaders.filter(([name]) => name === 'Set-Cookie').map(([, value]) => value);
    expect(cookies).toEqual(['a=1; Domain=plain; Path=/', 'b=2']);
  });

  test('connections to external systems are kept for the next request', async () => {
    const ids = [];
    for (let i = 0; i < 5; i++) {
      ids.push(received(await ask('from-config-map')).connectionId);
    }
    expect(new Set(ids).size).toBe(1);
  });

  test('WebSockets pass, and other upgrades are plain requests', async () => {
    const port = portOf('plain');
    expect(await webSocketEcho({ address: pod.address, port, messages: ['a', 'ä'.repeat(2000)] })).toEqual({ status: 101, echoes: ['a', 'ä'.repeat(2000)] });
    const { headers } = received(await ask('plain', { headers: [['Connection', 'Upgrade, HTTP2-Settings'], ['Upgrade', 'h2c'], ['HTTP2-Settings', 'AAMAAABkAAQAoAAAAAIAAAAA']] }));
    expect(headers.map(([name]) => name)).not.toContain('Upgrade');
  });

  test('the health port answers the probes, and its statistics only a process in the pod', async () => {
    const health = (path: string): Promise<Response> => request({ address: pod.address, port: 8081, path });
    expect((await health('/healthz')).status).toBe(204);
    expect((await health('/status')).status).toBe(403);
    expect((await health('/')).status).toBe(404);
    expect(await pod.askFromInside(8081, '/status')).toBe(200);
  });

  test('every request is one line of JSON, whatever clients and external systems do', async () => {
    const port = portOf('plain');
    await ask('plain', { path: '/logged?"\\', headers: [['User-Agent', 'a"b\\c\xff{}']] });
    await ask('untrusted');
    await ask('odd');
    // one that leaves while it is answered, one that is no HTTP, one whose head is too large, one that says nothing
    const leaving = await Connection.open({ address: pod.address, port });
    leaving.write('GET /left HTTP/1.1\r\nHost: a\r\n\r\n');
    await new Promise((done) => setTimeout(done, 100));
    leaving.reset();
    await raw(pod.address, port, '\x16\x03\x01\x00 nonsense\r\n\r\n');
    await raw(pod.address, port, `GET / HTTP/1.1\r\nHost: a\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`);
    await raw(pod.address, port, 'GET /incomplete HTTP/1.1\r\nHost', { quietMs: 50 });
    await raw(pod.address, port, 'GET /nine\r\n', { quietMs: 50 });
    await ask('plain', { path: '/last' });

    const lines = await logged(pod, (each) => ['/left', '/last'].every((wanted) => each.some(({ uri }) => uri === wanted)));
    const line = (uri: string, route = 'plain'): unknown => lines.find((each) => each.uri === uri && each.route === route);

    expect(line('/logged?"\\')).toMatchObject({
      client: cluster.network.address(1),
      host: 'plain',
      method: 'GET',
      status: 200,
      target: `${cluster.network.address(1)}:80`,
      target_status: '200',
      target_response_time: expect.stringMatching(/^\d+\.\d{3}$/) as string,
      request_time: expect.any(Number) as number,
    });
    expect(line('/', 'untrusted')).toMatchObject({ status: 502, target: `${cluster.network.address(3)}:443`, target_status: '502' });
    expect(line('/left')).toMatchObject({ status: 499, target_status: '-' });
    expect(lines.filter(({ status }) => status === 400).length).toBeGreaterThanOrEqual(1);
    expect(line('/', 'odd')).toMatchObject({ status: 942, target_status: '942' });
  });

  test('an answer that takes twelve seconds is a 504 after the usual ten', async () => {
    const { status, timeMs } = await subjects[index].slow;
    expect(status).toBe(504);
    expect(timeMs).toBeGreaterThan(9_900);
    expect(timeMs).toBeLessThan(11_500);
  });

  test('a target that does not even refuse costs no request its second target', async () => {
    const answers = await Promise.all(subjects[index].silent);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers.filter(({ timeMs }) => timeMs > 9_900)).toHaveLength(1);
    const methods = ['GET', 'POST', 'GET', 'POST', 'PUT', 'DELETE'];
    const quick = await Promise.all(methods.map((method) => ask('half-silent-quick', { method, body: 'x' })));
    expect(quick.map((answer) => received(answer).server)).toEqual(methods.map(() => '1'));
    expect(Math.max(...quick.map(({ timeMs }) => timeMs))).toBeLessThan(3000);
  });

  test('nothing else is written to stderr than what went wrong', () => {
    const lines = pod.stderr.split('\n').filter(Boolean);
    expect(lines.filter((line) => !/ \[(error|warn|info)\] /.test(line))).toEqual([]);
  });
});
