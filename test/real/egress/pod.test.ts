import * as kplus from 'cdk8s-plus-28';
import { newCluster, newProxy, run, system, to } from './site';
import { CaBundle, Scheme, UpstreamTls } from '../../../lib';
import { authority } from '../support/certificates';
import { WebSocketClient } from '../support/client';

test('the container is the manifest\'s: its user, no capability, a root that is read-only, and only its volume can be written', async () => {
  const cluster = await newCluster();
  const { chart, proxy } = newProxy(cluster);
  const ca = CaBundle.fromConfigMap(kplus.ConfigMap.fromConfigMapName(chart, 'ca', 'root-ca'));
  proxy.addRoute('one', { scheme: Scheme.HTTPS, host: 'one.test', targets: [cluster.network.address(1)], tls: UpstreamTls.verified({ ca }) });
  cluster.apply(chart);
  cluster.configMap('root-ca', { 'ca.crt': authority().cert });
  const pod = await cluster.startPod();

  const status = (await pod.exec('cat', '/proc/1/status')).output;
  expect(status).toMatch(/^Uid:\s+101\s+101\s+101\s+101$/m);
  expect(status).toMatch(/^Groups:\s+101\s*$/m);
  expect(status).toMatch(/^CapPrm:\s+0+$/m);
  expect(status).toMatch(/^CapBnd:\s+0+$/m);
  expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
  const tries = ['/', '/tmp', '/etc', '/usr/bin', '/var', '/etc/gatehouse/nginx', '/etc/gatehouse/trust', '/tmp/nginx'];
  const { output } = await pod.exec('/bin/sh', '-c', `for each in ${tries.join(' ')}; do touch $each/x 2> /dev/null && echo $each; done`);
  expect(output).toBe('/tmp/nginx\n');
  expect(pod.stderr).toBe('');
});

test.each(['SIGQUIT', 'SIGTERM'] as const)('an idle pod of an image that is stopped with %s ends soon', async (stopSignal) => {
  const cluster = await newCluster();
  const { chart, proxy } = newProxy(cluster);
  proxy.addRoute('one', { scheme: Scheme.HTTP, host: 'one.test', targets: [cluster.network.address(1)] });
  cluster.apply(chart);

  const ended = await cluster.terminate(await cluster.startPod(), { stopSignal, preStopSeconds: 0 });

  expect(ended).toMatchObject({ killed: false });
  expect(ended.seconds).toBeLessThan(3);
});

test('a pod that does not end in the time that it has is killed', async () => {
  const { cluster, pod, portOf } = await run(async (each, proxy) => {
    await system(each, 1);
    proxy.addRoute('one', to(each, 1));
  });
  const socket = await WebSocketClient.open({ address: pod.address, port: portOf('one') });

  const ended = await cluster.terminate(pod, { preStopSeconds: 0, graceSeconds: 1 });

  expect(ended.killed).toBe(true);
  expect(ended.seconds).toBeGreaterThan(2.9);
  expect((await socket.receive().catch(() => undefined))?.payload.length ?? 0).toBe(0);
});
