import { Duration, Size } from 'cdk8s';
import { isHeavy, newCluster, newProxy, run, system, to } from './site';
import { RateLimit, Scheme } from '../../../lib';
import { Connection, request, Response, WebSocketClient } from '../support/client';
import { until } from '../support/nginx-process';

const MIB = 1024 * 1024;

describe('limits of the external system', () => {
  test('a rate: each pod lets its share through, and what is above is a 429', async () => {
    const cluster = await newCluster();
    const backend = await system(cluster, 1);
    const { chart, proxy } = newProxy(cluster);
    proxy.addRoute('slow', { ...to(cluster, 1), rateLimit: RateLimit.perMinute(4) });
    proxy.addRoute('bursts', { ...to(cluster, 1), rateLimit: RateLimit.perMinute(4, { burst: 10 }) });
    proxy.addRoute('free', to(cluster, 1));
    cluster.apply(chart);
    const pods = await cluster.startPods();
    expect(pods).toHaveLength(2);
    const portOf = cluster.portsOf(proxy);
    const passed = async (route: string): Promise<number[]> => {
      const counts = pods.map(async (pod) => {
        const answers = await Promise.all(Array.from({ length: 20 }, () => request({ address: pod.address, port: portOf(route) })));
        expect(answers.every(({ status }) => [200, 429].includes(status))).toBe(true);
        return answers.filter(({ status }) => status === 200).length;
      });
      return Promise.all(counts);
    };

    // half of 4 per minute is one each 30 seconds, and half of the burst is 5 more
    expect(await passed('slow')).toEqual([1, 1]);
    expect(await passed('bursts')).toEqual([6, 6]);
    expect(await passed('free')).toEqual([20, 20]);
    expect(backend.requests).toHaveLength(2 + 12 + 40);
  });

  test('connections: never more than its number from all pods together, and none stays open', async () => {
    const cluster = await newCluster();
    let most = 0;
    const backend = await system(cluster, 1, {
      handler: () => {
        most = Math.max(most, backend.openConnections);
        return { delayMs: 30 };
      },
    });
    const { chart, proxy } = newProxy(cluster);
    proxy.addRoute('few', { ...to(cluster, 1), maxConnections: 7 });
    cluster.apply(chart);
    const pods = await cluster.startPods();
    const port = cluster.portsOf(proxy)('few');
    const rounds = pods.flatMap((pod) => Array.from({ length: 12 }, async () => {
      const statuses = [];
      for (let i = 0; i < 20; i++) {
        statuses.push((await request({ address: pod.address, port })).status);
      }
      return statuses;
    }));

    const statuses = (await Promise.all(rounds)).flat();

    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(20);
    // 3 of each pod
    expect(most).toBeLessThanOrEqual(7);
    expect(most).toBeGreaterThan(3);
    await until(() => backend.openConnections === 0, 1000, 'the end of all connections');
  });
});

describe('long requests', () => {
  test.concurrent('an upload without buffering is at the external system at once, with constant memory and nothing on disk', async () => {
    const total = isHeavy ? 1024 : 64;
    const { cluster, pod, portOf } = await run(({ network }, proxy) => {
      proxy.addRoute('streaming', { scheme: Scheme.HTTP, host: 'a.test', targets: [network.address(1)], requestBuffering: false, maxBodySize: Size.gibibytes(2) });
    });
    const backend = await system(cluster, 1);
    await request({ address: pod.address, port: portOf('streaming'), method: 'POST', body: 'warm' });
    const before = pod.memory('Rss');
    let peak = 0;
    let disk = 0;
    const connection = await Connection.open({ address: pod.address, port: portOf('streaming'), timeoutMs: 60_000 });
    connection.write(`POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: ${total * MIB}\r\n\r\n`);
    const part = Buffer.alloc(MIB, 'x');
    for (let sent = 0; sent < total; sent++) {
      if (!connection.socket.write(part)) {
        await new Promise((done) => connection.socket.once('drain', done));
      }
      if (sent % 8 === 0) {
        peak = Math.max(peak, pod.memory('Rss'));
        disk = Math.max(disk, pod.written());
      }
      if (sent === 1) {
        await until(() => backend.connections === 2 || backend.openConnections > 0, 2000, 'the external system');
      }
    }
    const answer = await connection.readUntil(`"bodyLength":${total * MIB}`);

    expect(answer.toString()).toContain('HTTP/1.1 200 OK');
    connection.close();
    process.stderr.write(`an upload of ${total} MiB: nginx had ${mib(before)} before, and ${mib(peak)} at the most; ${disk} bytes on disk\n`);
    expect(peak - before).toBeLessThan(8 * MIB);
    expect(disk).toBe(0);
  });

  test.concurrent('an idle WebSocket is cut after the read timeout, and one that talks is not', async () => {
    const { pod, portOf } = await run(async (cluster, proxy) => {
      await system(cluster, 1);
      proxy.addRoute('sockets', { ...to(cluster, 1), readTimeout: Duration.seconds(2) });
    });
    const open = (): Promise<WebSocketClient> => WebSocketClient.open({ address: pod.address, port: portOf('sockets') });
    const start = Date.now();
    const [idle, busy] = [await open(), await open()];
    const cut = idle.receive().catch(() => undefined).then(() => Date.now() - start);
    for (let i = 0; i < 7; i++) {
      await new Promise((done) => setTimeout(done, 500));
      expect(await busy.send(`${i}`)).toBe(`${i}`);
    }

    expect(await cut).toBeGreaterThan(1900);
    expect(await cut).toBeLessThan(2800);
    busy.close();
  });

  test.concurrent('an answer that comes in parts takes as long as it takes, while no part takes longer than the read timeout', async () => {
    const { ask } = await run(async (cluster, proxy) => {
      await system(cluster, 1, { behaviours: { '/parts': { body: 'abcdef', parts: 6, partDelayMs: 500 } } });
      proxy.addRoute('parts', { ...to(cluster, 1), readTimeout: Duration.seconds(1) });
    });
    const answer: Response = await ask('parts', { path: '/parts' });
    expect(answer).toMatchObject({ status: 200, body: 'abcdef' });
    expect(answer.timeMs).toBeGreaterThan(2500);
  });
});

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
