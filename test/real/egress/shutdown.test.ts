import { Duration } from 'cdk8s';
import { inHeavyRuns, newCluster } from './site';
import { apply, expectNoneLost, http, mixedLoad, systems } from './traffic';
import { request, Response, WebSocketClient } from '../support/client';
import { load } from '../support/load';
import { until } from '../support/nginx-process';

test.concurrent('a rolling change cuts no WebSocket that ends within the time that running requests have', async () => {
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

  const replaced = cluster.startPod().then(() => cluster.terminate(second, { preStopSeconds: 1 }));
  const ended = await Promise.all([cluster.terminate(first, { preStopSeconds: 1 }), replaced]);

  await Promise.all(talks);
  expect(ended.map(({ killed }) => killed)).toEqual([false, false]);
  expect(Math.max(...ended.map(({ seconds }) => seconds))).toBeGreaterThan(3);
  expectNoneLost([await requests], 200);
});

test.concurrent('the drain of one node loses no request, also when the image is stopped with SIGTERM', async () => {
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

test.concurrent('a request that runs when the pod ends is answered, also when the image is stopped with SIGTERM', async () => {
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

inHeavyRuns('a WebSocket that stays is closed when requests have had their time, and the pod is not killed', async () => {
  const cluster = await newCluster();
  await systems(cluster, 1);
  const { portOf } = apply(cluster, { one: http(cluster, 1) });
  const [pod] = await cluster.startPods(1);
  const socket = await WebSocketClient.open({ address: pod.address, port: portOf('one') });
  const talk = (async () => {
    while (await socket.send('x').catch(() => '') === 'x') {
      await new Promise((done) => setTimeout(done, 500));
    }
    return Date.now();
  })();
  const start = Date.now();

  const ended = await cluster.terminate(pod, { preStopSeconds: 1 });

  expect(await talk - start).toBeGreaterThan(60_000);
  expect(ended).toMatchObject({ killed: false });
  expect(ended.seconds).toBeLessThan(65);
}, 120_000);
