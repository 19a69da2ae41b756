import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anyUser, header, headersOf, OF_A_NEWER_NGINX, SAID_OF_CLIENTS } from './site';
import { filesBelow, temporaryFolder } from '../../support/folders';
import { authority } from '../support/certificates';
import { received, RequestOptions } from '../support/client';
import { Host, Network, RemoteBackend } from '../support/netns';
import { Nginx } from '../support/nginx-process';

/* The site of main.ts on its own addresses. */

const LB = '10.10.20.2';
const USER = '10.10.20.100';
const ca = authority();
/** All machines but the balancer. */
let others: Host;
let svc: RemoteBackend;
let server: Nginx;

beforeAll(async () => {
  const network = Network.create({ lb: `${LB}/16`, others: [`${USER}/16`, '10.10.20.0/16', '10.10.20.21/16', '10.10.20.22/16'] });
  others = network.host('others');
  for (const [name, address] of [['node1', '10.10.20.21'], ['node2', '10.10.20.22']]) {
    await others.backend({ name, address, port: 80 });
  }
  svc = await others.backend({ name: 'svc', address: '10.10.20.0', port: 80 });
  const { cert, key } = ca.issue({ names: ['dashboard.cluster.k8s'] });
  server = await Nginx.start({
    namespace: network.host('lb').namespace,
    ignore: OF_A_NEWER_NGINX,
    files: { ...anyUser(configuration()), 'etc/nginx/conf.d/ssl/cluster.k8s.pem': cert, 'etc/nginx/conf.d/ssl/cluster.k8s.key': key },
  });
});

/** What main.ts writes, below the folder of the machine. */
function configuration(): Record<string, string> {
  const outdir = temporaryFolder();
  execFileSync(process.execPath, ['-r', 'tsx/cjs', 'main.ts'], { cwd: join(__dirname, '../../..'), env: { ...process.env, CDK8S_OUTDIR: outdir } });
  const machine = join(outdir, 'ingress.cluster.k8s');
  return Object.fromEntries(filesBelow(machine).map((path) => [path, readFileSync(join(machine, path), 'utf8')]));
}

function ask(options: Partial<RequestOptions>) {
  return others.request({ address: LB, port: options.tls ? 443 : 80, localAddress: USER, ...options });
}

const tls = { servername: 'dashboard.cluster.k8s', ca: ca.cert };

test('users of example.com reach both nodes, under the host that the Ingress listens to', async () => {
  const answers = await Promise.all(['/', '/', '/', '/a/b?c=d'].map((path) => ask({ host: 'example.com', path })));
  const arrived = answers.map(received);

  expect(new Set(arrived.map((each) => each.server))).toEqual(new Set(['node1', 'node2']));
  expect(arrived.map((each) => header(each, 'Host'))).toEqual(Array(4).fill('prod.cluster.k8s'));
  expect(arrived[3].url).toBe('/a/b?c=d');
  expect(headersOf(arrived[0], ...SAID_OF_CLIENTS)).toEqual({
    'X-Real-IP': USER, 'X-Forwarded-For': USER, 'X-Forwarded-Host': 'example.com', 'X-Forwarded-Port': '80', 'X-Forwarded-Proto': 'http',
  });
});

test('the dashboard is reached over https, on both nodes', async () => {
  const answers = await Promise.all([1, 2, 3, 4].map(() => ask({ host: 'dashboard.cluster.k8s', tls })));
  const arrived = answers.map(received);

  expect(new Set(arrived.map((each) => each.server))).toEqual(new Set(['node1', 'node2']));
  expect(headersOf(arrived[0], 'Host', 'X-Forwarded-Proto', 'X-Forwarded-Port')).toEqual({
    'Host': 'dashboard.cluster.k8s', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Port': '443',
  });
});

test('port 80 sends users of the dashboard to https, with the path and the query', async () => {
  const { status, headers } = await ask({ host: 'dashboard.cluster.k8s', path: '/a%20b?c=%2F' });

  expect(status).toBe(308);
  expect(headers.location).toBe('https://dashboard.cluster.k8s/a%20b?c=%2F');
});

test('the mirror goes straight to the svc machine, under the name that was asked for', async () => {
  const arrived = received(await ask({ host: 'mirror.cluster.k8s', path: '/repository/' }));

  expect(arrived.server).toBe('svc');
  expect(header(arrived, 'Host')).toBe('mirror.cluster.k8s');
  expect((await svc.state()).requests).toHaveLength(1);
});

test('nobody serves the bare address', async () => {
  expect((await ask({ host: LB })).status).toBe(421);
  expect(await ask({ host: LB, tls: {} })).toMatchObject({ status: 0, error: expect.stringMatching(/UNRECOGNIZED_NAME/) as string });
});

test('each entry has its log file, with lines as users know them', async () => {
  const path = '/logged?by=me';
  const headers = [['Referer', 'http://from.example/'], ['User-Agent', 'browser 1'], ['X-Forwarded-For', '6.6.6.6']] as const;
  await ask({ host: 'example.com', path, headers });
  await ask({ host: 'mirror.cluster.k8s', path });
  await ask({ host: 'dashboard.cluster.k8s', path, tls });

  const lines = await server.waitForLog('a_prod_access.log', path);
  const line = lines.split('\n').find((each) => each.includes(path));
  expect(line).toMatch(new RegExp([
    /^\[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] 10\.10\.20\.100 -> example\.com "GET \/logged\?by=me HTTP\/1\.1 200" /,
    /Body-Length=\[\d{3}\] Referer=\[http:\/\/from\.example\/\] User-Agent=\[browser 1\] X-Forwarded-For=\[6\.6\.6\.6\] /,
    /Upstream=\[10\.10\.20\.2[12]:80 200\] Time=\[[0-9.]+ connect [0-9.]+ header [0-9.]+ response [0-9.]+\] Request-ID=\[[0-9a-f]{32}\]$/,
  ].map(({ source }) => source).join('')));
  await server.waitForLog('nexus_access.log', /-> mirror\.cluster\.k8s "GET \/logged\?by=me HTTP\/1\.1 200" .* Upstream=\[10\.10\.20\.0:80 200\]/);
  await server.waitForLog('dashboard_access.log', /-> dashboard\.cluster\.k8s "GET \/logged\?by=me HTTP\/1\.1 200"/);
  // the redirect of an entry is in its own log as well, and what nobody serves is in the common one
  await server.waitForLog('dashboard_access.log', /HTTP\/1\.1 308"/);
  await server.waitForLog('access.log', /-> 10\.10\.20\.2 "GET \/ HTTP\/1\.1 421"/);
});
