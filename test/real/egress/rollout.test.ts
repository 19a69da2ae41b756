import { Chart, Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Cluster, Service } from './cluster';
import { Pod } from './pod';
import { newCluster, newProxy } from './site';
import { CaBundle, ClientCertificate, EgressProxy, EgressRouteOptions, HeaderValue, Scheme, UpstreamTls } from '../../../lib';
import { HttpBackend } from '../support/backends';
import { authority } from '../support/certificates';
import { received, request, Response, WebSocketClient } from '../support/client';
import { load, LoadOptions, LoadResult } from '../support/load';
import { until } from '../support/nginx-process';

interface Applied {
  readonly chart: Chart;
  readonly proxy: EgressProxy;
  readonly portOf: (route: string) => number;
}

/** Applies a proxy with the given routes, in their order. */
function apply(cluster: Cluster, routes: Record<string, EgressRouteOptions>): Applied {
  const { chart, proxy } = newProxy(cluster);
  Object.entries(routes).forEach(([name, options]) => proxy.addRoute(name, options));
  cluster.apply(chart);
  return { chart, proxy, portOf: cluster.portsOf(proxy) };
}

function http(cluster: Cluster, n: number, more: Partial<EgressRouteOptions> = {}): EgressRouteOptions {
  return { scheme: Scheme.HTTP, host: `system${n}.test`, targets: [cluster.network.address(n)], ...more };
}

/** External systems 1 to `count`, each of which says its number. */
async function systems(cluster: Cluster, count: number): Promise<HttpBackend[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => HttpBackend.start({
    name: String(i + 1), address: cluster.network.address(i + 1), port: 80, behaviours: { '/slow': { delayMs: 1500 }, '/some': { delayMs: 20 } },
  })));
}

/** All kinds of requests at once, over connections that are kept and over new ones. */
function mixedLoad({ address, port }: Service, seconds: number): Promise<LoadResult[]> {
  const kinds: Partial<LoadOptions>[] = [
    { rate: 60 },
    { rate: 60, keepAlive: false },
    { rate: 40, method: 'POST', body: 'some text' },
    { rate: 40, method: 'POST', body: 'some text', keepAlive: false },
    { concurrency: 4, path: '/some' },
    { concurrency: 4, path: '/some', method: 'POST', body: 'some text' },
  ];
  return Promise.all(kinds.map((kind) => load({ address, port, seconds, ...kind })));
}

/** That none of so many requests got another answer than 200. */
function expectNoneLost(results: LoadResult[], atLeast: number): void {
  expect(results.map(({ errors, statuses }) => ({ errors, statuses: Object.keys(statuses) }))).toEqual(results.map(() => ({ errors: {}, statuses: ['200'] })));
  expect(results.reduce((sum, { sent }) => sum + sent, 0)).toBeGreaterThan(atLeast);
}

function configMap(chart: Chart, name: string): kplus.IConfigMap {
  return kplus.ConfigMap.fromConfigMapName(chart, name, name);
}

function secret(chart: Chart, name: string): kplus.ISecret {
  return kplus.Secret.fromSecretName(chart, name, name);
}

function trusting(ca: CaBundle): Partial<EgressRouteOptions> {
  return { tls: UpstreamTls.verified({ ca }) };
}

function showing(clientCertificate: ClientCertificate): Partial<EgressRouteOptions> {
  return { tls: UpstreamTls.insecure('test', { clientCertificate }) };
}

describe('a rolling change of routes', () => {
  test('loses no request, whether it is a GET or a POST, on connections that are kept and on new ones', async () => {
    const cluster = await newCluster();
    const [, , third] = await systems(cluster, 3);
    apply(cluster, { one: http(cluster, 1), two: http(cluster, 2) });
    await cluster.startPods();
    const [one, two] = [await cluster.service('one'), await cluster.service('two')];
    const loads = Promise.all([mixedLoad(one, 9), load({ address: two.address, port: 80, rate: 20, seconds: 9, path: '/slow' })]);
    await new Promise((done) => setTimeout(done, 300));

    // a route in front, and one that leads elsewhere
    apply(cluster, { aaa: http(cluster, 2), one: http(cluster, 1), two: http(cluster, 2), three: http(cluster, 3) });
    const start = Date.now();
    await cluster.rollOut({ preStopSeconds: 1, endpointsMs: 700 });
    console.log(Date.now() - start);

    expect(Date.now() - start).toBeLessThan(8500);
    const [mixed, slow] = await loads;
    expectNoneLost([...mixed, slow], 3000);
    const { address, port } = await cluster.service('three');
    expect((await request({ address, port })).status).toBe(200);
    expect(third.requests).toHaveLength(1);
  });

  test('leaves a pod of the old configuration on its own ports, also when it is started again meanwhile', async () => {
    const cluster = await newCluster();
    await systems(cluster, 3);
    const before = apply(cluster, { billing: http(cluster, 1), dashboard: http(cluster, 2) });
    const [first, second] = await cluster.startPods();
    const ask = async (pod: Pod, { portOf }: Applied, route: string): Promise<string> =>
      received(await request({ address: pod.address, port: portOf(route) })).server;

    const after = apply(cluster, { aaa: http(cluster, 3), dashboard: http(cluster, 2), billing: http(cluster, 1) });
    await cluster.terminate(first, { preStopSeconds: 0 });
    const replaced = await cluster.startPod();
    await second.restart();
    await second.ready();

    for (const [pod, applied] of [[second, before], [replaced, after]] as const) {
      expect(await ask(pod, applied, 'billing')).toBe('1');
      expect(await ask(pod, applied, 'dashboard')).toBe('2');
    }
    expect(await ask(replaced, after, 'aaa')).toBe('3');
    expect((await request({ address: second.address, port: after.portOf('aaa') })).error).toBe('ECONNREFUSED');
    // the Service of the new route only goes where the route is
    const { address, port } = await cluster.service('aaa');
    const answers = await Promise.all(Array.from({ length: 20 }, () => request({ address, port })));
    expect(new Set(answers.map((answer) => received(answer).server))).toEqual(new Set(['3']));
  });

  test('cuts no WebSocket that ends within the time that running requests have', async () => {
    const cluster = await newCluster();
    await systems(cluster, 1);
    apply(cluster, { one: http(cluster, 1) });
    const [first, second] = await cluster.startPods();
    const { address, port } = await cluster.service('one');
    const sockets = await Promise.all(Array.from({ length: 10 }, () => WebSocketClient.open({ address, port })));
    const begin = Date.now();
    const talks = sockets.map(async (socket, i) => {
      for (let message = 0; Date.now() - begin < 2000 + 200 * i; message++) {
        expect(await socket.send(`${i} ${message}`)).toBe(`${i} ${message}`);
        await new Promise((done) => setTimeout(done, 50));
      }
      socket.close();
    });
    const requests = load({ address, port, rate: 50, seconds: 5 });

    const ended = await Promise.all([cluster.terminate(first, { preStopSeconds: 1 }), cluster.startPod().then(() => cluster.terminate(second, { preStopSeconds: 1 }))]);

    await Promise.all(talks);
    expect(ended.map(({ killed }) => killed)).toEqual([false, false]);
    expect(Math.max(...ended.map(({ seconds }) => seconds))).toBeGreaterThan(3);
    expectNoneLost([await requests], 200);
  });
});

describe('what a new pod needs and does not find', () => {
  let cluster: Cluster;
  let old: Pod;

  beforeAll(async () => {
    cluster = await newCluster();
    await systems(cluster, 1);
    apply(cluster, { one: http(cluster, 1) });
    [old] = await cluster.startPods();
    cluster.configMap('present', { 'ca.crt': authority().cert });
    cluster.secret('partner', { 'tls.crt': 'x', 'ca.crt': authority().cert });
  });

  const needs: [string, (chart: Chart) => Partial<EgressRouteOptions> & { readonly header?: HeaderValue }, string][] = [
    ['a ConfigMap', (chart) => trusting(CaBundle.fromConfigMap(configMap(chart, 'absent'))), 'configMap "absent" not found'],
    ['a key of a ConfigMap', (chart) => trusting(CaBundle.fromConfigMap(configMap(chart, 'present'), 'other.crt')),
      'references non-existent key other.crt of configMap "present"'],
    ['a Secret', (chart) => trusting(CaBundle.fromSecret(secret(chart, 'absent'))), 'secret "absent" not found'],
    ['a key of a client certificate', (chart) => showing(ClientCertificate.fromSecret(secret(chart, 'partner'))),
      'references non-existent key tls.key of secret "partner"'],
    ['the Secret of a header', (chart) => ({ header: HeaderValue.fromSecretValue({ secret: secret(chart, 'absent'), key: 'token' }) }),
      'secret "absent" not found'],
  ];

  test.each(needs)('%s: it does not start, and the old ones serve', async (_, optionsFor, message) => {
    const { chart, proxy } = newProxy(cluster);
    const { header, ...options } = optionsFor(chart);
    const route = proxy.addRoute('two', { ...http(cluster, 1), ...(options.tls ? { scheme: Scheme.HTTPS } : {}), ...options });
    if (header) {
      route.setHeader('Authorization', header);
    }
    proxy.addRoute('one', http(cluster, 1));
    cluster.apply(chart);

    await expect(cluster.startPod()).rejects.toThrow(message);
    const { address, port } = await cluster.service('one');
    expect((await request({ address, port })).status).toBe(200);
    expect(old.isRunning()).toBe(true);
  });
});

test('the drain of one node loses no request, also when the image is stopped with SIGTERM', async () => {
  const cluster = await newCluster();
  await systems(cluster, 1);
  apply(cluster, { one: http(cluster, 1) });
  const [first] = await cluster.startPods();
  const loads = mixedLoad(await cluster.service('one'), 4);
  await new Promise((done) => setTimeout(done, 300));

  const ended = await cluster.terminate(first, { stopSignal: 'SIGTERM', preStopSeconds: 1, endpointsMs: 700 });

  expect(ended).toMatchObject({ killed: false });
  expectNoneLost(await loads, 1000);
  expect(first.log.length).toBeGreaterThan(100);
});

test('a request that runs when the pod ends is answered, also when the image is stopped with SIGTERM', async () => {
  const cluster = await newCluster();
  const [system] = await systems(cluster, 1);
  const { portOf } = apply(cluster, { one: http(cluster, 1) });
  const [pod] = await cluster.startPods(1);
  const slow: Promise<Response>[] = ['GET', 'POST'].map((method) => request({ address: pod.address, port: portOf('one'), path: '/slow', method, body: 'x' }));
  await until(() => system.requests.length === 2, 2000, 'the requests');

  const ended = await cluster.terminate(pod, { stopSignal: 'SIGTERM', preStopSeconds: 0 });

  expect((await Promise.all(slow)).map(({ status }) => status)).toEqual([200, 200]);
  expect(ended).toMatchObject({ killed: false });
});

test('the time that the pod has to end covers the hook and the slowest request of its routes', async () => {
  const cluster = await newCluster();
  apply(cluster, { one: http(cluster, 1), two: http(cluster, 2, { readTimeout: Duration.seconds(200) }) });
  const { terminationGracePeriodSeconds } = cluster.deployment.spec.template.spec;
  expect(terminationGracePeriodSeconds).toBe(10 + 200 + 5);
});

(process.env.GATEHOUSE_HEAVY === '1' ? test : test.skip)('a WebSocket that stays is closed when running requests have had their time, and the pod is not killed', async () => {
  const cluster = await newCluster();
  await systems(cluster, 1);
  const { portOf } = apply(cluster, { one: http(cluster, 1, { readTimeout: Duration.minutes(10) }) });
  const { proxy } = apply(cluster, { one: http(cluster, 1, { readTimeout: Duration.seconds(30) }) });
  expect(proxy.routes).toHaveLength(1);
  const [pod] = await cluster.startPods(1);
  const socket = await WebSocketClient.open({ address: pod.address, port: portOf('one'), timeoutMs: 120_000 });
  const talk = (async () => {
    for (;;) {
      await socket.send('x');
      await new Promise((done) => setTimeout(done, 1000));
    }
  })();

  const ended = await cluster.terminate(pod, { preStopSeconds: 1 });

  await expect(talk).rejects.toThrow();
  expect(ended).toMatchObject({ killed: false });
  expect(ended.seconds).toBeGreaterThan(60);
  expect(ended.seconds).toBeLessThan(70);
}, 120_000);
