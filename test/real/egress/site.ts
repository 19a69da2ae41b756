import { Chart, Testing } from 'cdk8s';
import { Cluster, ClusterOptions } from './cluster';
import { EgressProxy, EgressProxyProps, NodePool } from '../../../lib';
import { atLeast, NginxBinary, nginxVersions } from '../support/nginx-binaries';

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
export function newProxy(cluster: Cluster, props: Partial<EgressProxyProps> = {}): { chart: Chart; proxy: EgressProxy } {
  const chart = new Chart(Testing.app(), 'traffic', { namespace: 'prod' });
  const nodes = NodePool.egress(chart, 'egress-nodes', { nodes: [{ name: 'node1', address: '10.10.20.21' }, { name: 'node2', address: '10.10.20.22' }] });
  return { chart, proxy: new EgressProxy(chart, 'egress', { nodes, nginxVersion: cluster.binary.version, ...props }) };
}
