import { anyUser, pause } from './site';
import { Backend, EnvironmentEntry, NodePool } from '../../../lib';
import { LB, newBalancer, newChart, NODE1, NODE2 } from '../../support/constructs';
import { LoadOptions, LoadResult } from '../support/load';
import { Host, Network, RemoteBackend } from '../support/netns';
import { nginx } from '../support/nginx-binaries';
import { Nginx } from '../support/nginx-process';

/* Nodes that stop, and nodes whose packets are lost; each machine is a network namespace. */

const NODE3 = { name: 'node3.cluster.k8s', address: '10.10.20.23' };
let user: Host;
let lb: Host;
let node2: Host;
let backend2: RemoteBackend;

beforeAll(async () => {
  // the machine of the user is node 1 as well
  const network = Network.create({
    user: ['10.10.20.100/16', '10.10.20.21/16'], lb: '10.10.20.2/16', node2: '10.10.20.22/16', node3: '10.10.20.23/16',
  });
  [user, lb, node2] = ['user', 'lb', 'node2'].map((name) => network.host(name));
  network.host('node3').drop();
  const { version } = await nginx();
  const chart = newChart();
  const balancer = newBalancer(chart, { nodes: NodePool.ingress(chart, 'nodes', { nodes: [NODE1, NODE2] }), nginxVersion: version });
  // each load has an upstream of its own, which remembers nothing of another
  new EnvironmentEntry(chart, 'prod', { balancer, environment: 'prod', domains: ['prod.example'] });
  new EnvironmentEntry(chart, 'test', { balancer, environment: 'test', domains: ['test.example'] });
  new EnvironmentEntry(chart, 'pre', { balancer, environment: 'pre', domains: ['pre.example'], backend: Backend.machines([NODE1, NODE3]) });
  await user.backend({ name: 'node1', port: 80, address: NODE1.address });
  backend2 = await startNode2();
  await Nginx.start({ files: anyUser(balancer.files), namespace: lb.namespace });
});

function startNode2(): Promise<RemoteBackend> {
  return node2.backend({ name: 'node2', port: 80 });
}

function load(options: Partial<LoadOptions> & Pick<LoadOptions, 'seconds'>): Promise<LoadResult> {
  return user.load({ address: LB.address, port: 80, host: 'prod.example', timeoutMs: 15_000, ...options });
}

test('a node that stops under load, and comes back, loses no GET', async () => {
  const running = load({ concurrency: 8, seconds: 1.8 });
  await pause(500);
  await backend2.stop();
  await pause(700);
  backend2 = await startNode2();
  const { sent, statuses, errors } = await running;

  expect({ statuses, errors }).toEqual({ statuses: { 200: sent }, errors: {} });
  expect(sent).toBeGreaterThan(100);
});

/** The share of requests that were answered within 5 s; printed as well. */
function promptly(what: string, { sent, statuses, errors, latencies }: LoadResult): number {
  const share = latencies.filter((ms) => ms < 5000).length / sent;
  const slow = latencies.filter((ms) => ms > 1000).length;
  console.info(`${what}: ${JSON.stringify({ sent, statuses, errors })}, ${(share * 100).toFixed(1)} % within 5 s, ${slow} above 1 s, `
    + `the longest ${Math.max(...latencies).toFixed(0)} ms`);
  return share;
}

test('none is lost with a silent node (98 of 100 within 5 s), nor when it falls silent and the kernel gives up early (95 of 100)', async () => {
  // A request that is sent on a kept connection just when the node falls silent is a matter of the kernel, which by default
  // repeats it for a quarter of an hour, so that the read timeout ends it. With few repetitions it is sent to another node.
  lb.exec('sh', '-c', 'echo 4 > /proc/sys/net/ipv4/tcp_retries2');
  const silent = load({ host: 'pre.example', rate: 50, seconds: 4 });
  const fallingSilent = load({ host: 'test.example', rate: 50, seconds: 5 });
  await pause(1500);
  node2.drop();
  const results = await Promise.all([silent, fallingSilent]);
  const [silentFromTheStart, fallenSilent] = [promptly('a silent node', results[0]), promptly('a node that falls silent', results[1])];

  results.forEach(({ sent, statuses, errors }) => expect({ statuses, errors }).toEqual({ statuses: { 200: sent }, errors: {} }));
  expect(silentFromTheStart).toBeGreaterThanOrEqual(0.98);
  // how many connections were kept, each of which costs a request some seconds, depends on how busy the machine is
  expect(fallenSilent).toBeGreaterThanOrEqual(0.95);
});
