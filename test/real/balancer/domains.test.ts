import { certificate, header, LoopbackSite } from './site';
import { Backend, EnvironmentEntry, EnvironmentEntryProps, ManagementEntry, RedirectEntry, ServerTls } from '../../../lib';
import { authority } from '../support/certificates';
import { received } from '../support/client';

/* Which entry answers under which name and port, and where the old names lead. */

const site = new LoopbackSite(20);
const ca = authority();
const own = certificate(ca, 'old.example', 'secure.example', 'other.example');
const serverTls = ServerTls.fromFiles(own.certFile, own.keyFile);

beforeAll(async () => {
  await site.nodes();
  await site.serve((chart, balancer) => {
    const environment = (name: string, props: Partial<EnvironmentEntryProps>) =>
      new EnvironmentEntry(chart, name, { balancer, environment: name, ...props });
    environment('prod', { domains: ['one.example', 'two.example'] });
    environment('wild', { wildcardDomains: ['wild.example'] });
    environment('exact', { domains: ['exact.wild.example'] });
    environment('deep', { wildcardDomains: ['deep.wild.example'] });
    environment('dev', { domains: ['dev.example'], port: 8081 });
    new ManagementEntry(chart, 'bare', {
      balancer, domains: [site.address], port: 8082, defaultServer: true, backend: Backend.ingress({ host: 'bare.cluster.k8s' }),
    });
    new ManagementEntry(chart, 'bare-secure', {
      balancer, port: 8443, tls: serverTls, defaultServer: true, backend: Backend.ingress({ host: 'secure.cluster.k8s' }),
    });
    new ManagementEntry(chart, 'secure', { balancer, domains: ['secure.example'], tls: serverTls });
    new ManagementEntry(chart, 'other-port', {
      balancer, domains: ['other.example'], port: 9443, tls: ServerTls.fromFiles(own.certFile, own.keyFile, { redirectHttp: true }),
    });
    new RedirectEntry(chart, 'moved', { balancer, domains: ['old.example', 'older.example'], target: 'https://new.example' });
    new RedirectEntry(chart, 'moved-secure', { balancer, domains: ['old.example'], target: 'https://new.example', tls: serverTls });
    new RedirectEntry(chart, 'for-now', { balancer, domains: ['temporary.example'], target: 'http://new.example:8080', permanent: false });
    new RedirectEntry(chart, 'page', { balancer, domains: ['page.example'], target: 'https://new.example/goodbye?from=page', keepPath: false });
  });
});

test.each([
  ['one.example', 80, 'prod.cluster.k8s'],
  ['two.example', 80, 'prod.cluster.k8s'],
  ['any.wild.example', 80, 'wild.cluster.k8s'],
  ['any.below.wild.example', 80, 'wild.cluster.k8s'],
  ['exact.wild.example', 80, 'exact.cluster.k8s'],
  ['any.deep.wild.example', 80, 'deep.cluster.k8s'],
  ['dev.example', 8081, 'dev.cluster.k8s'],
  [site.address, 8082, 'bare.cluster.k8s'],
  ['unknown.example', 8082, 'bare.cluster.k8s'],
])('%s on port %i is %s', async (host, port, internal) => {
  expect(header(received(await site.request({ host, port })), 'Host')).toBe(internal);
});

test.each([
  ['wild.example', 80],
  ['notwild.example', 80],
  ['one.example', 8081],
  ['dev.example', 80],
])('nobody serves %s on port %i', async (host, port) => {
  expect((await site.request({ host, port })).status).toBe(421);
});

test.each([undefined, 'unknown.example'])('a handshake with the name %s reaches the default entry of the port', async (servername) => {
  const answer = await site.request({ host: servername ?? site.address, port: 8443, tls: { servername, ...(servername ? {} : { ca: ca.cert }) } });

  expect(header(received(answer), 'Host')).toBe('secure.cluster.k8s');
});

test.each([
  ['old.example', '/a%20b/?c=d&e=%2F', 308, 'https://new.example/a%20b/?c=d&e=%2F'],
  ['older.example', '/', 308, 'https://new.example/'],
  ['temporary.example', '/x', 307, 'http://new.example:8080/x'],
  ['page.example', '/x?y', 308, 'https://new.example/goodbye?from=page'],
  ['secure.example', '/x?y', 308, 'https://secure.example/x?y'],
  ['other.example', '/x?y', 308, 'https://other.example:9443/x?y'],
])('%s%s is redirected with %i to %s', async (host, path, status, location) => {
  for (const method of ['GET', 'POST']) {
    expect(await site.request({ host, path, method })).toMatchObject({ status, headers: { location } });
  }
});

test('an old name is redirected over https as well', async () => {
  const answer = await site.request({ host: 'old.example', path: '/x', tls: { servername: 'old.example', ca: ca.cert } });

  expect(answer).toMatchObject({ status: 308, headers: { location: 'https://new.example/x' } });
});

test('a redirect holds no more than one line, whatever the client asked for', async () => {
  const { headers, rawHeaders } = await site.request({ host: 'old.example', path: '/%0d%0aX-Evil:%20yes' });

  expect(headers.location).toBe('https://new.example/%0d%0aX-Evil:%20yes');
  expect(rawHeaders.map(([name]) => name)).not.toContain('X-Evil');
});
