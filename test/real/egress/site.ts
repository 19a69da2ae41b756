import { Chart, Testing } from 'cdk8s';
import { Cluster, ClusterOptions } from './cluster';
import { Pod } from './pod';
import { EgressProxy, EgressProxyProps, EgressRouteOptions, NodePool, Scheme } from '../../../lib';
import { BackendOptions, HttpBackend } from '../support/backends';
import { request, RequestOptions, Response } from '../support/client';
import { atLeast, NginxBinary, nginxVersions } from '../support/nginx-binaries';

/** Whether tests may take minutes and gigabytes. */
export const isHeavy = process.env.GATEHOUSE_HEAVY === '1';
export const inHeavyRuns = isHeavy ? test : test.skip;

/** The newest nginx that this machine has. */
export async function newest(): Promise<NginxBinary> {
  return (await usable()).slice(-1)[0];
}

/** The oldest one that the egress supports. */
export async function oldest(): Promise<NginxBinary> {
  return (await usable())[0];
}

async function usable(): Promise<NginxBinary[]> {
  const versions = (await nginxVersions()).filter(({ version }) => atLeast(version, '1.24'));
  if (versions.length === 0) {
    throw new Error('the egress needs nginx 1.24, and this machine neither has it nor can fetch it');
  }
  return versions;
}

/** A cluster whose image has the newest nginx. */
export async function newCluster(options: Partial<ClusterOptions> = {}): Promise<Cluster> {
  return new Cluster({ binary: await newest(), ...options });
}

/** A proxy on two nodes, for the nginx of the cluster's image. */
export function newProxy(cluster: Cluster, props: Partial<EgressProxyProps> = {}, addresses: string[] = ['10.10.20.21', '10.10.20.22']):
{ chart: Chart; proxy: EgressProxy } {
  const chart = new Chart(Testing.app(), 'traffic', { namespace: 'prod' });
  const nodes = NodePool.egress(chart, 'egress-nodes', { nodes: addresses.map((address, i) => ({ name: `node${i + 1}`, address })) });
  return { chart, proxy: new EgressProxy(chart, 'egress', { nodes, nginxVersion: cluster.binary.version, ...props }) };
}

/** A pod with some routes. */
export interface Running {
  readonly cluster: Cluster;
  readonly pod: Pod;
  readonly portOf: (route: string) => number;
  readonly ask: (route: string, options?: Partial<RequestOptions>) => Promise<Response>;
}

export interface RunOptions {
  readonly cluster?: Cluster;
  readonly props?: Partial<EgressProxyProps>;
  /** Of the nodes. */
  readonly addresses?: string[];
}

type Routes = (cluster: Cluster, proxy: EgressProxy, chart: Chart) => Promise<void> | void;

/** Starts a pod with routes; what they lead to can be started along with them. */
export async function run(routes: Routes, options: RunOptions = {}): Promise<Running> {
  const cluster = options.cluster ?? await newCluster();
  const { chart, proxy } = newProxy(cluster, options.props, options.addresses);
  await routes(cluster, proxy, chart);
  cluster.apply(chart);
  const pod = await cluster.startPod();
  const portOf = cluster.portsOf(proxy);
  return { cluster, pod, portOf, ask: (route, more) => request({ address: pod.address, port: portOf(route), ...more }) };
}

/** An external system, by the number of its address. */
export function system(cluster: Cluster, n: number, options: Partial<BackendOptions> = {}): Promise<HttpBackend> {
  return HttpBackend.start({ name: String(n), address: cluster.network.address(n), port: 80, ...options });
}

/** A route to systems of these numbers. */
export function to(cluster: Cluster, ...numbers: number[]): EgressRouteOptions {
  return { scheme: Scheme.HTTP, host: 'a.test', targets: numbers.map((n) => cluster.network.address(n)) };
}
