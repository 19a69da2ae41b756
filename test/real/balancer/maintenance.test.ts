import { Duration } from 'cdk8s';
import { certificate, LoopbackSite } from './site';
import { Backend, EnvironmentEntry, ServerTls } from '../../../lib';
import { HttpBackend } from '../support/backends';
import { authority } from '../support/certificates';
import { received } from '../support/client';

/* The page that users see instead of the application. */

const site = new LoopbackSite(25);
const ca = authority();
const own = certificate(ca, 'page.example');
const [worker, user, stranger] = [site.at(100), site.at(101), site.at(102)];
/** All that could mean something to nginx or to a shell, in nearly as many bytes as a page may have. */
const HTML = `<!DOCTYPE html>\n<p class="a" id='b'>50 $ \${x} $host \\ \\n { } ; # 系统维护中 🛠\t"</p>\n<!--${'\\"$é'.repeat(640)}-->\n`;
let nodes: [HttpBackend, HttpBackend];

beforeAll(async () => {
  nodes = await site.nodes({
    behaviours: { '/forbidden': { status: 403, body: 'of the application' }, '/unavailable': { status: 503, body: 'of the application' } },
  });
  await site.serve((chart, balancer) => {
    const entry = new EnvironmentEntry(chart, 'prod', {
      balancer, environment: 'prod', domains: ['example.com'], responseHeaders: { 'X-Site': 'ours' },
      maintenancePage: { bypass: [worker], html: HTML, retryAfter: Duration.minutes(3) },
    });
    entry.addPath('/a', { backend: Backend.ingress({ host: 'a.cluster.k8s' }) });
    new EnvironmentEntry(chart, 'pre', {
      balancer, environment: 'pre', domains: ['pre.example'], allowFrom: [user, stranger], maintenancePage: { bypass: [worker, user] },
    });
    new EnvironmentEntry(chart, 'secure', {
      balancer, environment: 'secure', domains: ['page.example'], tls: ServerTls.fromFiles(own.certFile, own.keyFile, { hsts: Duration.days(1) }),
      maintenancePage: {},
    });
    new EnvironmentEntry(chart, 'other', { balancer, environment: 'other', domains: ['other.example'] });
  });
});

const ask = (localAddress: string, path = '/', more = {}) => site.request({ host: 'example.com', path, localAddress, ...more });

test.each(['/', '/x', '/a', '/a/x'])('everybody sees the page on %s, byte for byte', async (path) => {
  const arrived = nodes[0].requests.length + nodes[1].requests.length;
  for (const method of ['GET', 'POST']) {
    expect(await ask(user, path, { method })).toMatchObject({
      status: 503, body: HTML, headers: { 'retry-after': '180', 'content-type': 'text/html; charset=utf-8', 'x-site': 'ours' },
    });
  }
  expect(nodes[0].requests.length + nodes[1].requests.length).toBe(arrived);
});

test('those who do the work get through, also on paths', async () => {
  expect(received(await ask(worker)).url).toBe('/');
  expect(received(await ask(worker, '/a/x')).url).toBe('/a/x');
});

test.each([['/forbidden', 403], ['/unavailable', 503]])('an answer of the application itself stays: %s', async (path, status) => {
  const answer = await ask(worker, path);

  expect(answer).toMatchObject({ status, body: 'of the application' });
  expect(answer.headers['retry-after']).toBeUndefined();
});

test('who may not ask at all does not get through by the way of the page', async () => {
  const of = async (localAddress: string) => (await site.request({ host: 'pre.example', localAddress })).status;

  expect([await of(user), await of(worker), await of(stranger)]).toEqual([200, 503, 503]);
});

test('a page that nobody wrote is plain, and has the headers of https', async () => {
  const { status, body, headers } = await site.request({ host: 'page.example', tls: { servername: 'page.example', ca: ca.cert } });

  expect([status, headers['retry-after'], headers['strict-transport-security']]).toEqual([503, '600', 'max-age=86400']);
  expect(body).toContain('<h1>Maintenance</h1>');
});

test('other entries are in service', async () => {
  expect((await site.request({ host: 'other.example', localAddress: user })).status).toBe(200);
});
