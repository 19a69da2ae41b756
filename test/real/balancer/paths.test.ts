import { Duration, Size } from 'cdk8s';
import { header, LoopbackSite, pause } from './site';
import { Backend, EnvironmentEntry } from '../../../lib';
import { received, WebSocketClient } from '../support/client';

/* Paths of one domain. */

const site = new LoopbackSite(21);
const client = site.at(100);

beforeAll(async () => {
  const redirect = (host: string) => ({ status: 302, headers: [['Location', `http://${host}/x`] as const], body: '' });
  const behaviours = {
    '/slow': { delayMs: 900 }, '/a/slow': { delayMs: 900 }, '/login': redirect('prod.cluster.k8s'), '/a/login': redirect('machine.cluster.k8s'),
    // the port that X-Forwarded-Port says, and that of the machine itself
    '/port': redirect('prod.cluster.k8s:8081'), '/c/port': redirect('machine.cluster.k8s:8080'),
  };
  await site.nodes({ behaviours });
  await site.backend('machine', 30, { behaviours });
  await site.backend('application', 31, { behaviours, port: 8080 });
  await site.serve((chart, balancer) => {
    const entry = new EnvironmentEntry(chart, 'prod', {
      balancer, environment: 'prod', domains: ['example.com'], readTimeout: Duration.millis(500), maxBodySize: Size.kibibytes(8),
    });
    const machines = Backend.machines([{ name: 'machine', address: site.at(30) }], { host: 'machine.cluster.k8s' });
    entry.addPath('/a', { backend: machines, readTimeout: Duration.seconds(5), maxBodySize: Size.kibibytes(16) });
    entry.addPath('/a/b', { backend: Backend.ingress({ host: 'pre.cluster.k8s' }) });
    entry.addPath('/private', { backend: Backend.ingress(), allowFrom: [site.at(99)] });
    entry.addPath('/ws', { backend: Backend.ingress(), readTimeout: Duration.seconds(10) });
    entry.setHeader('X-Site', 'on all paths');
    entry.addPath('/late', { backend: machines });
    entry.addPath('/c', { backend: Backend.machines([{ name: 'application', address: site.at(31) }], { host: 'machine.cluster.k8s', port: 8080 }) });
    new EnvironmentEntry(chart, 'other-port', { balancer, environment: 'dev', internalHost: 'prod.cluster.k8s', domains: ['example.com'], port: 8081 });
  });
});

const ask = (path: string, more = {}) => site.request({ host: 'example.com', path, localAddress: client, ...more });

test.each([
  ['/', 'prod.cluster.k8s'],
  ['/ab', 'prod.cluster.k8s'],
  ['/ab/c', 'prod.cluster.k8s'],
  ['/A', 'prod.cluster.k8s'],
  ['/x/a', 'prod.cluster.k8s'],
  ['/a', 'machine.cluster.k8s'],
  ['/a?b', 'machine.cluster.k8s'],
  ['/a/', 'machine.cluster.k8s'],
  ['/a/c', 'machine.cluster.k8s'],
  ['/a/bc', 'machine.cluster.k8s'],
  ['/%61/c', 'machine.cluster.k8s'],
  ['/a/b', 'pre.cluster.k8s'],
  ['/a/b/c', 'pre.cluster.k8s'],
  ['/late/x', 'machine.cluster.k8s'],
])('%s goes to %s, and arrives as it was asked for', async (path, host) => {
  const arrived = received(await ask(path));

  expect(header(arrived, 'Host')).toBe(host);
  expect(arrived.url).toBe(path);
  expect(header(arrived, 'X-Site')).toBe('on all paths');
});

test('a path has timeouts and limits of its own, and those of the entry where it has not', async () => {
  const post = (path: string, kibibytes: number) => ask(path, { method: 'POST', body: Buffer.alloc(kibibytes * 1024, 'x') });
  const answers = await Promise.all([ask('/slow'), ask('/a/slow'), post('/', 8), post('/', 9), post('/a/x', 16), post('/a/x', 17), post('/a/b', 9)]);

  expect(answers.map(({ status }) => status)).toEqual([504, 200, 200, 413, 200, 413, 413]);
});

test.each(['/login', '/a/login'])('a redirect of %s to the host of its own backend stays with the name that users typed', async (path) => {
  expect((await ask(path)).headers.location).toBe('/x');
});

test('a redirect to the internal host stays there too when it names a port', async () => {
  expect((await ask('/port', { port: 8081 })).headers.location).toBe('/x');
  expect((await ask('/c/port')).headers.location).toBe('/x');
});

test('only those who may reach a path', async () => {
  expect((await ask('/private')).status).toBe(403);
  expect((await ask('/private/x')).status).toBe(403);
  expect((await ask('/privately')).status).toBe(200);
  expect((await ask('/private/x', { localAddress: site.at(99) })).status).toBe(200);
});

test('a WebSocket may be idle longer on its own path than on the rest of the entry', async () => {
  const open = (path: string) => WebSocketClient.open({ address: site.address, port: 80, host: 'example.com', path });
  const [own, rest] = [await open('/ws/chat'), await open('/')];
  expect([await own.send('a'), await rest.send('a')]).toEqual(['a', 'a']);
  await pause(900);

  expect(await own.send('b')).toBe('b');
  await expect(rest.receive()).resolves.toMatchObject({ opcode: 8 });
  own.close();
});
