import { Duration } from 'cdk8s';
import { Define, LoopbackSite } from './site';
import { Backend, EnvironmentEntry, EnvironmentEntryProps, RateLimit } from '../../../lib';
import { HttpBackend } from '../support/backends';
import { Response, WebSocketClient } from '../support/client';

/* Who may ask, and how often: clients that come themselves, and clients behind a trusted proxy. */

const define = (site: LoopbackSite): Define => (chart, balancer) => {
  const entry = (environment: string, props: Partial<EnvironmentEntryProps>) =>
    new EnvironmentEntry(chart, environment, { balancer, environment, domains: [`${environment}.example`], ...props });
  entry('private', { allowFrom: [site.at(100), '10.1.0.0/16'] });
  entry('rate', { rateLimit: RateLimit.perMinute(6, { burst: 4 }) })
    .addPath('/own', { backend: Backend.ingress(), rateLimit: RateLimit.perMinute(6) });
  entry('few', { maxConnections: 2, readTimeout: Duration.seconds(10) });
};

const behaviours = { '/slow': { delayMs: 600 } };
const statuses = (answers: Response[]): number[] => answers.map(({ status }) => status).sort();
const times = <T>(count: number, make: (i: number) => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: count }, (_, i) => make(i)));

describe('clients that come themselves', () => {
  const site = new LoopbackSite(23);
  const ask = (environment: string, client: number, more = {}) =>
    site.request({ host: `${environment}.example`, localAddress: site.at(client), ...more });
  let nodes: [HttpBackend, HttpBackend];
  beforeAll(async () => {
    nodes = await site.nodes({ behaviours });
    await site.serve(define(site));
  });

  test('only those who may ask, whatever they say of themselves', async () => {
    expect((await ask('private', 100)).status).toBe(200);
    const arrived = nodes[0].requests.length + nodes[1].requests.length;
    expect((await ask('private', 101)).status).toBe(403);
    expect((await ask('private', 101, { headers: [['X-Forwarded-For', site.at(100)]] })).status).toBe(403);
    expect(nodes[0].requests.length + nodes[1].requests.length).toBe(arrived);
  });

  test('what is above the rate and the burst of a client is answered with 429, and no other client feels it', async () => {
    expect(statuses(await times(8, () => ask('rate', 100)))).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
    expect((await ask('rate', 101)).status).toBe(200);
    expect((await ask('rate', 100, { headers: [['X-Forwarded-For', '10.9.9.9']] })).status).toBe(429);
  });

  test('a path with a rate of its own counts apart', async () => {
    expect(statuses(await times(3, () => ask('rate', 102, { path: '/own' })))).toEqual([200, 429, 429]);
    expect((await ask('rate', 102)).status).toBe(200);
  });

  test('what is above the connections of a client is answered with 429, WebSockets included', async () => {
    expect(statuses(await times(5, () => ask('few', 100, { path: '/slow' })))).toEqual([200, 200, 429, 429, 429]);
    expect((await ask('few', 100)).status).toBe(200);

    const open = () => WebSocketClient.open({ address: site.address, port: 80, host: 'few.example', localAddress: site.at(101) });
    const sockets = [await open(), await open(), await open()];
    expect(sockets.map(({ response }) => response.status)).toEqual([101, 101, 429]);
    sockets.forEach((socket) => socket.close());
  });
});

describe('clients behind a trusted proxy', () => {
  const site = new LoopbackSite(24);
  const proxy = site.at(50);
  const ask = (environment: string, client: string, more = {}) =>
    site.request({ host: `${environment}.example`, localAddress: proxy, headers: [['X-Forwarded-For', client]], ...more });
  beforeAll(async () => {
    await site.nodes({ behaviours });
    await site.serve(define(site), { props: { trustedProxies: [proxy] } });
  });

  test('only those who may ask', async () => {
    expect((await ask('private', '10.1.2.3')).status).toBe(200);
    expect((await ask('private', `${site.at(100)}`)).status).toBe(200);
    expect((await ask('private', '10.2.2.3')).status).toBe(403);
    expect((await ask('private', '10.1.2.3, 10.2.2.3')).status).toBe(403);
    expect((await ask('private', '10.1.2.3', { localAddress: site.at(51) })).status).toBe(403);
  });

  test('two clients behind one proxy have a rate each', async () => {
    const [one, two] = await Promise.all(['10.0.0.1', '10.0.0.2'].map((client) => times(7, () => ask('rate', client))));

    expect([statuses(one), statuses(two)]).toEqual(Array(2).fill([200, 200, 200, 200, 200, 429, 429]));
  });

  test('two clients behind one proxy have connections each', async () => {
    const [one, two] = await Promise.all(['10.0.0.1', '10.0.0.2'].map((client) => times(3, () => ask('few', client, { path: '/slow' }))));

    expect([statuses(one), statuses(two)]).toEqual(Array(2).fill([200, 200, 429]));
  });
});
