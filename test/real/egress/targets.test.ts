import { Duration } from 'cdk8s';
import { DnsServer } from './dns-server';
import { newCluster, run, Running, system, to } from './site';
import { RetryPolicy, Scheme, UpstreamTls } from '../../../lib';
import { Behaviour, HttpBackend } from '../support/backends';
import { authority } from '../support/certificates';
import { received, request, Response } from '../support/client';
import { load } from '../support/load';
import { until } from '../support/nginx-process';
import { silentPort } from '../support/silent-port';

async function serversOf(answers: Promise<Response>[]): Promise<string[]> {
  return (await Promise.all(answers)).map((answer) => received(answer).server);
}

function count(values: readonly string[]): Record<string, number> {
  return Object.fromEntries([...new Set(values)].sort().map((value) => [value, values.filter((each) => each === value).length]));
}

// names, for which nginx asks again when it is time; other tests run meanwhile
let dns: DnsServer;
let named: Running;
let atStart: Response[];
let later: Promise<{ status: number; ms: number }>;

beforeAll(async () => {
  const cluster = await newCluster();
  dns = await DnsServer.start(cluster.network.address(53));
  dns.set('there.test', cluster.network.address(1));
  dns.set('two.test', cluster.network.address(1), cluster.network.address(2));
  named = await run(async (_, proxy) => {
    await Promise.all([1, 2, 3].map((n) => system(cluster, n, { behaviours: { '/slow': { delayMs: 1500 } } })));
    proxy.addRoute('two', { scheme: Scheme.HTTP, targets: ['two.test'], readTimeout: Duration.seconds(1) });
    proxy.addRoute('there', { scheme: Scheme.HTTP, targets: ['there.test'] });
    proxy.addRoute('later', { scheme: Scheme.HTTP, targets: ['later.test:80'] });
    proxy.addRoute('mixed', { scheme: Scheme.HTTP, host: 'a.test', targets: ['later.test', cluster.network.address(3)] });
  }, { cluster, props: { resolvers: [cluster.network.address(53)] } });
  atStart = await Promise.all(['later', 'mixed', 'mixed'].map((route) => named.ask(route)));
  dns.set('later.test', cluster.network.address(1));
  later = untilServed('later');
});

/** Waits for a route, beside other tests: nginx asks for a name that does not exist only now and then. */
async function untilServed(route: string): Promise<{ status: number; ms: number }> {
  const start = Date.now();
  for (;;) {
    const { status } = await named.ask(route);
    if (status === 200 || Date.now() - start > 20_000) {
      return { status, ms: Date.now() - start };
    }
    await new Promise((done) => setTimeout(done, 100));
  }
}

test('targets get requests by their weight, and a backup only when all others fail', async () => {
  let first: HttpBackend | undefined;
  const { ask } = await run(async (cluster, proxy) => {
    first = await system(cluster, 1);
    await system(cluster, 2);
    await system(cluster, 3);
    const weighted = proxy.addRoute('weighted', to(cluster, 2));
    weighted.addTarget(cluster.network.address(3), { weight: 3 });
    const spare = proxy.addRoute('spare', to(cluster, 1));
    spare.addTarget(`${cluster.network.address(2)}:80`, { backup: true });
  });

  expect(count(await serversOf(Array.from({ length: 40 }, () => ask('weighted'))))).toEqual({ 2: 10, 3: 30 });
  expect(count(await serversOf(Array.from({ length: 10 }, () => ask('spare'))))).toEqual({ 1: 10 });
  await first?.stop();
  expect(count(await serversOf(Array.from({ length: 10 }, () => ask('spare'))))).toEqual({ 2: 10 });
});

test('targets are IPv6 addresses, and pods of IPv6 nodes listen on both', async () => {
  const { cluster, pod, portOf, ask } = await run(async ({ network }, proxy) => {
    await HttpBackend.start({ name: 'six', address: network.address6(1), port: 8080 });
    proxy.addRoute('six', { scheme: Scheme.HTTP, targets: [`[${network.address6(1)}]:8080`] });
  }, { addresses: ['fd00::6', '10.10.20.22'] });

  const answer = received(await ask('six'));
  expect(answer).toMatchObject({ server: 'six', remoteAddress: pod.address6, headers: [['Host', `[${cluster.network.address6(1)}]:8080`]] });
  expect(received(await request({ address: pod.address6, port: portOf('six'), host: 'a' })).server).toBe('six');
  expect((await request({ address: pod.address6, port: 8081, path: '/healthz', host: 'a' })).status).toBe(204);
});

describe('names', () => {
  test('are looked up again while the proxy runs, and traffic follows', async () => {
    const { ask, cluster, pod } = named;
    const [worker] = pod.processes.slice(1);
    const server = async (): Promise<string> => received(await ask('there')).server;
    await until(() => dns.questions.has('there.test'), 2000, 'the first question');
    expect(received(await ask('there'))).toMatchObject({ server: '1', headers: [['Host', 'there.test']] });

    dns.set('there.test', cluster.network.address(2));
    const start = Date.now();
    while (await server() !== '2' && Date.now() - start < 10_000) {
      await new Promise((done) => setTimeout(done, 50));
    }

    expect(Date.now() - start).toBeLessThan(5000);
    // several addresses are several targets
    dns.set('there.test', cluster.network.address(1), cluster.network.address(2));
    const seen = new Set<string>();
    for (const end = Date.now() + 5000; seen.size < 2 && Date.now() < end;) {
      seen.add(await server());
    }
    expect(seen).toEqual(new Set(['1', '2']));
    expect(pod.processes.slice(1)).toEqual([worker]);
  });

  test('of several addresses answer quick requests right after slow ones of another kind', async () => {
    const { ask, cluster } = named;
    await until(() => dns.questions.has('two.test'), 2000, 'the question');
    const slow = await Promise.all(Array.from({ length: 12 }, () => ask('two', { path: '/slow' })));
    expect(new Set(slow.map(({ status }) => status))).toEqual(new Set([504]));
    expect(cluster.pods[0].stderr).toContain('upstream timed out');
    const quick = await Promise.all(Array.from({ length: 10 }, () => ask('two')));
    expect(quick.map(({ status }) => status)).toEqual(quick.map(() => 200));
  });

  test('of many addresses fit the memory that workers share, with what TLS remembers of each', async () => {
    const cluster = await newCluster();
    const server = await DnsServer.start(cluster.network.address(53));
    const addresses = Array.from({ length: 24 }, (_, i) => cluster.network.address(i + 1));
    server.set('many.test', ...addresses);
    const tls = authority().intermediate().issue({ names: ['many.test'] });
    await Promise.all(addresses.map((address) => HttpBackend.start({ name: address, address, port: 443, tls })));
    const { ask, pod } = await run((_, proxy) => {
      proxy.addRoute('many', { scheme: Scheme.HTTPS, targets: ['many.test'], tls: UpstreamTls.insecure('only the memory matters here') });
    }, { cluster, props: { resolvers: [cluster.network.address(53)] } });
    await until(() => server.questions.has('many.test'), 2000, 'the question');

    const names = [];
    for (let i = 0; i < 48; i++) {
      names.push(received(await ask('many')).server);
    }

    expect(new Set(names).size).toBe(24);
    expect(pod.stderr).toBe('');
  });
});

describe('retries', () => {
  let running: Running;
  let executions: Record<string, number>;

  beforeAll(async () => {
    const fail = (): Behaviour => ({ abort: 'reset' });
    running = await run(async (cluster, proxy) => {
      // whoever is asked first breaks the connection after it has executed the request
      const handler = (received: { method: string; url: string }): Behaviour | undefined => {
        executions[received.url] = (executions[received.url] ?? 0) + 1;
        return executions[received.url] === 1 ? fail() : undefined;
      };
      await system(cluster, 1, { handler });
      await system(cluster, 2, { handler });
      proxy.addRoute('usual', to(cluster, 1, 2));
      proxy.addRoute('all', { ...to(cluster, 1, 2), retry: RetryPolicy.ALL });
      proxy.addRoute('never', { ...to(cluster, 1, 2), retry: RetryPolicy.NEVER });
    });
  });

  beforeEach(() => {
    executions = {};
  });

  test.each([
    ['usual', 'GET', 200, 2], ['usual', 'PUT', 200, 2], ['usual', 'POST', 502, 1], ['usual', 'PATCH', 502, 1],
    ['all', 'GET', 200, 2], ['all', 'POST', 200, 2],
    ['never', 'GET', 502, 1], ['never', 'POST', 502, 1],
  ])('%s: a %s whose target breaks the connection is a %d, and is executed %d times', async (route, method, status, times) => {
    const path = `/${method}`;
    expect((await running.ask(route, { method, path, body: 'x' })).status).toBe(status);
    expect(executions[path]).toBe(times);
  });
});

describe('a target that fails under load', () => {
  test('costs no GET when it is killed', async () => {
    let victim: HttpBackend | undefined;
    const { pod, portOf } = await run(async (cluster, proxy) => {
      victim = await system(cluster, 1, { behaviours: { '*': { delayMs: 10 } } });
      await system(cluster, 2, { behaviours: { '*': { delayMs: 10 } } });
      proxy.addRoute('pair', to(cluster, 1, 2));
    });
    const running = load({ address: pod.address, port: portOf('pair'), concurrency: 16, seconds: 2 });
    await new Promise((done) => setTimeout(done, 600));
    await victim?.stop();

    const { errors, statuses, sent } = await running;
    expect({ errors, statuses }).toEqual({ errors: {}, statuses: { 200: sent } });
    expect(sent).toBeGreaterThan(500);
  });

  test('costs the connect timeout for some requests when it is silent, and none is lost', async () => {
    const { pod, portOf } = await run(async (cluster, proxy) => {
      await silentPort(cluster.network.address(1), 80);
      await system(cluster, 2);
      proxy.addRoute('pair', { ...to(cluster, 1, 2), connectTimeout: Duration.seconds(1) });
    });

    const { errors, statuses, sent, latencies } = await load({ address: pod.address, port: portOf('pair'), rate: 50, seconds: 4 });

    expect({ errors, statuses }).toEqual({ errors: {}, statuses: { 200: sent } });
    expect(Math.max(...latencies)).toBeLessThan(2500);
    const slow = latencies.filter((ms) => ms > 500).length;
    // three failures keep it aside for ten seconds
    expect(slow).toBeLessThan(sent * 0.3);
  });
});

describe('names that nobody knows for a while', () => {
  test('keep no pod from starting, and no other target from serving', async () => {
    expect(atStart.map(({ status }) => status)).toEqual([502, 200, 200]);
    const { status, ms } = await later;
    expect(status).toBe(200);
    expect(ms).toBeLessThan(15_000);
  });

  test('keep their last addresses while the DNS server says nothing', async () => {
    await later;
    dns.silent = true;
    await new Promise((done) => setTimeout(done, 2500));
    expect((await named.ask('there')).status).toBe(200);
    dns.silent = false;
  });
});
