import { Testing } from 'cdk8s';
import { Cluster } from './cluster';
import { inHeavyRuns, newest, newProxy, oldest } from './site';
import { Scheme } from '../../../lib';
import { HttpBackend } from '../support/backends';
import { request } from '../support/client';
import { NginxBinary } from '../support/nginx-binaries';

const ROUTES = 1000;
const MIB = 1024 * 1024;

/** With the authorities that this machine trusts: as many as in an image. */
async function serve(binary: NginxBinary): Promise<void> {
  const cluster = new Cluster({ binary });
  const { chart, proxy } = newProxy(cluster);
  await HttpBackend.start({ name: 'all', address: cluster.network.address(1), port: 80 });
  for (let i = 0; i < ROUTES; i++) {
    const scheme = i % 2 ? Scheme.HTTPS : Scheme.HTTP;
    proxy.addRoute(`route-${i}`, { scheme, host: `system${i}.example.com`, targets: [cluster.network.address(1), cluster.network.address(2)] });
  }
  const synth = Date.now();
  Testing.synth(chart);
  const synthMs = Date.now() - synth;
  cluster.apply(chart);
  const start = Date.now();
  const pod = await cluster.startPod();
  const startMs = Date.now() - start;
  const atStart = pod.memory('Pss');
  const portOf = cluster.portsOf(proxy);
  const statuses = [];
  for (let i = 0; i < ROUTES; i += 20) {
    const some = Array.from({ length: 20 }, (_, j) => request({ address: pod.address, port: portOf(`route-${i + j}`) }));
    statuses.push(...(await Promise.all(some)).map(({ status }) => status));
  }
  const [afterwards, rss] = [pod.memory('Pss'), pod.memory('Rss')];
  const { memory } = cluster.deployment.spec.template.spec.containers[0].resources.limits;
  const figure = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;
  process.stderr.write(`${ROUTES} routes on nginx ${cluster.binary.version}: synth ${synthMs} ms, ready after ${startMs} ms, PSS ${figure(atStart)}, `
    + `after a request of each ${figure(afterwards)} (RSS ${figure(rss)}), limit ${memory}\n`);
  expect(statuses.filter((status) => status === 200)).toHaveLength(ROUTES / 2);
  expect(statuses.filter((status) => status === 502)).toHaveLength(ROUTES / 2);
  expect(memory).toMatch(/^\d+Mi$/);
  expect(rss).toBeLessThan(parseInt(memory, 10) * MIB);
  // what a login on this machine may open is less than what container runtimes grant
  const complaints = pod.stderr.split('\n').filter((line) => /\[(warn|alert|emerg|crit)\]/.test(line) && !line.includes('setrlimit(RLIMIT_NOFILE'));
  expect(complaints).toEqual([]);
}

test('a thousand routes start within seconds, and fit the memory limit of the manifest', async () => {
  await serve(await newest());
});

inHeavyRuns('so they do with the oldest supported nginx', async () => {
  await serve(await oldest());
});
