import { Duration, Size } from 'cdk8s';
import { certificate, header, headersOf, LoopbackSite } from './site';
import { Backend, EnvironmentEntry, RateLimit, ServerTls } from '../../../lib';
import { authority } from '../support/certificates';
import { received } from '../support/client';

/* Headers of an entry, towards the application and towards the client. */

const site = new LoopbackSite(22);
const ca = authority();
const own = certificate(ca, 'example.com');
const tls = { servername: 'example.com', ca: ca.cert };
const STRANGE = '$remote_addr "quoted" \\ ; } {';

beforeAll(async () => {
  const headers: [string, string][] = [
    ['X-Frame-Options', 'ALLOWALL'], ['x-powered-by', 'old'], ['X-Own', 'kept'], ['Strict-Transport-Security', 'max-age=1'],
  ];
  await site.nodes({ behaviours: { '/answer': { headers }, '/missing': { status: 404, headers } } });
  await site.serve((chart, balancer) => {
    const entry = new EnvironmentEntry(chart, 'prod', {
      balancer, environment: 'prod', domains: ['example.com'], maxBodySize: Size.kibibytes(1),
      tls: ServerTls.fromFiles(own.certFile, own.keyFile, { hsts: Duration.days(365) }),
      responseHeaders: { 'X-Frame-Options': 'DENY', 'X-Powered-By': 'gatehouse', 'X-Strange': STRANGE },
    });
    entry.addPath('/dead', { backend: Backend.machines([{ name: 'dead', address: site.at(31) }]) });
    entry.addPath('/private', { backend: Backend.ingress(), allowFrom: [site.at(99)] });
    entry.addPath('/limited', { backend: Backend.ingress(), rateLimit: RateLimit.perMinute(1) });
    entry.setHeader('X-Environment', STRANGE);
    entry.setHeader('X-Forwarded-Prefix', '/shop');
    entry.removeHeader('Cookie');
    entry.removeHeader('X-Real-IP');
  });
});

const ask = (path: string, more = {}) => site.request({ host: 'example.com', path, tls, localAddress: site.at(100), ...more });

test.each(['/', '/private/x', '/limited'])('headers of requests are set and removed on %s', async (path) => {
  const headers = [['Cookie', 'a=b'], ['x-environment', 'forged'], ['X-Forwarded-Prefix', '/forged'], ['X-Other', 'stays']] as const;
  const arrived = received(await ask(path, { headers, localAddress: site.at(99) }));

  expect(headersOf(arrived, 'X-Environment', 'X-Forwarded-Prefix', 'Cookie', 'X-Real-IP', 'X-Other')).toEqual({
    'X-Environment': STRANGE, 'X-Forwarded-Prefix': '/shop', 'Cookie': undefined, 'X-Real-IP': undefined, 'X-Other': 'stays',
  });
  expect(header(arrived, 'X-Forwarded-For')).toBe(site.at(99));
});

const OURS = {
  'x-frame-options': 'DENY', 'x-powered-by': 'gatehouse', 'x-strange': STRANGE, 'strict-transport-security': 'max-age=31536000',
};

test.each([
  ['an answer', '/answer', {}, 200],
  ['an error of the application', '/missing', {}, 404],
  ['a body that is too large', '/', { method: 'POST', body: 'x'.repeat(1025) }, 413],
  ['a backend that is not there', '/dead', {}, 502],
  ['a client that may not', '/private', {}, 403],
  ['an answer over HTTP/2', '/answer', { httpVersion: '2' as const }, 200],
])('%s has the headers of the entry, each once', async (_, path, more, status) => {
  const answer = await ask(path, more);

  expect(answer).toMatchObject({ status, headers: OURS });
});

test('so has a client that is too fast', async () => {
  await ask('/limited', { localAddress: site.at(98) });

  expect(await ask('/limited', { localAddress: site.at(98) })).toMatchObject({ status: 429, headers: OURS });
});

test('other headers of the application stay', async () => {
  expect((await ask('/answer')).headers['x-own']).toBe('kept');
});

test('the redirect from port 80 says nothing of https for the next year: browsers would not listen there', async () => {
  const { status, headers } = await site.request({ host: 'example.com' });

  expect([status, headers['strict-transport-security']]).toEqual([308, undefined]);
});
