import { Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Cluster } from './cluster';
import { Pod } from './pod';
import { newCluster, newProxy } from './site';
import { apply, Applied, expectNoneLost, http, mixedLoad, systems } from './traffic';
import { CaBundle, ClientCertificate, EgressRouteOptions, HeaderValue, Scheme, UpstreamTls } from '../../../lib';
import { authority } from '../support/certificates';
import { received, request } from '../support/client';
import { load } from '../support/load';

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
  test.concurrent('loses no request, whether it is a GET or a POST, on connections that are kept and on new ones', async () => {
    const cluster = await newCluster();
    const [, , third] = await systems(cluster, 3);
    apply(cluster, { one: http(cluster, 1), two: http(cluster, 2) });
    await cluster.startPods();
    const [one, two] = [await cluster.service('one'), await cluster.service('two')];
    const loads = Promise.all([mixedLoad(one, 11), load({ address: two.address, port: 80, rate: 20, seconds: 11, path: '/slow' })]);
    await new Promise((done) => setTimeout(done, 300));

    // a route in front, and one that leads elsewhere
    apply(cluster, { aaa: http(cluster, 2), one: http(cluster, 1), two: http(cluster, 2), three: http(cluster, 3) });
    const start = Date.now();
    await cluster.rollOut({ preStopSeconds: 1, endpointsMs: 700 });

    expect(Date.now() - start).toBeLessThan(10_700);
    const [mixed, slow] = await loads;
    expectNoneLost([...mixed, slow], 3000);
    const { address, port } = await cluster.service('three');
    expect((await request({ address, port })).status).toBe(200);
    expect(third.requests).toHaveLength(1);
  });

  test.concurrent('leaves a pod of the old configuration on its own ports, also when it is started again meanwhile', async () => {
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

  test.concurrent('on a single node starts the new pod before the old one ends, and loses no request either', async () => {
    const cluster = await newCluster();
    await systems(cluster, 2);
    apply(cluster, { one: http(cluster, 1) }, ['10.10.20.21']);
    await cluster.startPods();
    const loads = mixedLoad(await cluster.service('one'), 6);
    await new Promise((done) => setTimeout(done, 300));

    apply(cluster, { aaa: http(cluster, 2), one: http(cluster, 1) }, ['10.10.20.21']);
    const start = Date.now();
    await cluster.rollOut({ preStopSeconds: 1, endpointsMs: 700 });

    expect(Date.now() - start).toBeLessThan(5700);
    expectNoneLost(await loads, 1500);
    expect(cluster.pods).toHaveLength(1);
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
