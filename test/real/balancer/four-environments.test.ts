import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anyUser, header, headersOf, OF_A_NEWER_NGINX } from './site';
import { fourEnvironments } from '../../sites/four-environments';
import { filesBelow, temporaryFolder } from '../../support/folders';
import { authority } from '../support/certificates';
import { received, RequestOptions, Response } from '../support/client';
import { Host, Network } from '../support/netns';
import { Nginx } from '../support/nginx-process';

/* The site with four environments, on its own addresses. */

const LB = '10.10.20.2';
const USER = '10.10.20.100';
const NODES = ['10.10.20.21', '10.10.20.22', '10.10.20.23'];
const ca = authority();
/** All machines but the balancer. */
let others: Host;
let server: Nginx;

beforeAll(async () => {
  const network = Network.create({ lb: `${LB}/16`, others: [USER, '10.10.20.5', ...NODES].map((address) => `${address}/16`) });
  others = network.host('others');
  const registry = ca.issue({ names: ['registry.cluster.k8s'] });
  const pre = ca.issue({ names: ['pre.example.com'] });
  await Promise.all([
    ...NODES.map((address, i) => others.backend({ name: `node${i + 1}`, address, port: 80 })),
    others.backend({ name: 'registry', address: '10.10.20.5', port: 5000, tls: { cert: registry.cert, key: registry.key } }),
  ]);
  server = await Nginx.start({
    namespace: network.host('lb').namespace,
    ignore: OF_A_NEWER_NGINX,
    files: {
      ...anyUser(configuration()),
      'etc/nginx/ssl/cluster.k8s.pem': registry.cert,
      'etc/nginx/ssl/cluster.k8s.key': registry.key,
      'etc/nginx/ssl/site-ca.pem': ca.cert,
      'etc/nginx/ssl/example.com.pem': pre.cert,
      'etc/nginx/ssl/example.com.key': pre.key,
    },
  });
});

function configuration(): Record<string, string> {
  const outdir = temporaryFolder();
  fourEnvironments(outdir).synth();
  const machine = join(outdir, 'ingress.cluster.k8s');
  return Object.fromEntries(filesBelow(machine).map((path) => [path, readFileSync(join(machine, path), 'utf8')]));
}

function ask(options: Partial<RequestOptions>): Promise<Response> {
  return others.request({ address: LB, port: options.tls ? 443 : 80, localAddress: USER, ...options });
}

test.each([
  ['shop.example.com', 'shop.prod.cluster.k8s', {}],
  ['www.shop.example.com', 'shop.prod.cluster.k8s', {}],
  ['pay.example.com', 'pay.prod.cluster.k8s', {}],
  ['api.example.com', 'prod.cluster.k8s', {}],
  ['pre.example.com', 'pre.cluster.k8s', { tls: { servername: 'pre.example.com', ca: ca.cert } }],
  ['test.example.com', 'test.cluster.k8s', {}],
  ['dev.example.com', 'dev.cluster.k8s', { port: 8080 }],
])('%s is %s for the Ingress', async (host, internalHost, options) => {
  const arrived = received(await ask({ host, ...options }));

  expect(arrived.server).toMatch(/^node/);
  expect(headersOf(arrived, 'Host', 'X-Forwarded-Host', 'X-Real-IP')).toEqual({ 'Host': internalHost, 'X-Forwarded-Host': host, 'X-Real-IP': USER });
});

test('the environment with https tells browsers to stay there', async () => {
  const { headers } = await ask({ host: 'pre.example.com', tls: { servername: 'pre.example.com', ca: ca.cert } });

  expect(headers['strict-transport-security']).toBe('max-age=31536000');
});

test('access by the bare address, by unknown names and without one goes to the default entry, which hears its own host', async () => {
  const answers = await Promise.all([
    ask({ host: LB }),
    ask({ host: 'unknown.example' }),
    ask({ httpVersion: '1.0', host: null }),
  ]);

  expect(answers.map((answer) => header(received(answer), 'Host'))).toEqual(Array(3).fill('test.cluster.k8s'));
});

test('a name of one port is unknown on another', async () => {
  expect((await ask({ host: 'shop.example.com', port: 8080 })).status).toBe(421);
  expect(header(received(await ask({ host: 'dev.example.com' })), 'Host')).toBe('test.cluster.k8s');
});

test('the registry is reached over verified https with its name as SNI', async () => {
  const answer = await ask({ host: 'registry.cluster.k8s', tls: { servername: 'registry.cluster.k8s', ca: ca.cert } });

  expect(received(answer)).toMatchObject({ server: 'registry', tls: { servername: 'registry.cluster.k8s' } });
});

test('a node of weight 2 gets twice the requests of the others', async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, () => ask({ host: 'api.example.com' })));
  const counts = new Map<string, number>();
  answers.map(received).forEach(({ server: name }) => counts.set(name, (counts.get(name) ?? 0) + 1));

  expect(Object.fromEntries(counts)).toEqual({ node1: 10, node2: 10, node3: 20 });
});

test('each application of an environment has its log file', async () => {
  await Promise.all(['shop', 'pay', 'api'].map((name) => ask({ host: `${name}.example.com`, path: `/in-${name}` })));
  await Promise.all(['shop', 'pay', 'api'].map((name) => server.waitForLog(`${name}_prod_access.log`, `GET /in-${name} `)));

  expect(server.logs('shop_prod_access.log')).not.toContain('/in-pay');
  // nginx may not raise its own limits everywhere; nothing else is wrong
  const complaints = server.errorLog().split('\n').filter((line) => line !== '' && !line.includes('setrlimit') && !OF_A_NEWER_NGINX.test(line));
  expect(complaints).toEqual([]);
});
