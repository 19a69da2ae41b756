import { Chart } from 'cdk8s';
import { CaBundle, EgressProxy, EnvironmentEntry, IngressBalancer, NodePool, Scheme, ServerTls, UpstreamTls } from '../lib';

const NODES = [{ name: 'node1.cluster.k8s', address: '10.10.20.21' }, { name: 'node2.cluster.k8s', address: '10.10.20.22' }];

/** What makes a site of a size in a chart. */
export const SITES: { [site: string]: (chart: Chart, size: number, nginxVersion?: string) => void } = {
  /** Routes of one proxy, half of them https. */
  routes(chart, size, nginxVersion = '1.30') {
    const egress = new EgressProxy(chart, 'egress', { nodes: NodePool.egress(chart, 'egress-nodes', { nodes: NODES }), nginxVersion });
    const tls = UpstreamTls.verified({ ca: CaBundle.system() });
    for (let i = 0; i < size; i++) {
      const target = { host: `system-${i}.partner.example`, targets: [`203.0.${i >> 8}.${i & 255}`, `198.51.${i >> 8}.${i & 255}`] };
      egress.addRoute(`route-${i}`, i % 2 === 0 ? { scheme: Scheme.HTTPS, tls, ...target } : { scheme: Scheme.HTTP, ...target });
    }
  },
  /** Entries of one balancer, all plain http, as the reference has them. */
  plain(chart, size, nginxVersion) {
    const nodes = NodePool.ingress(chart, 'ingress-nodes', { nodes: NODES });
    const machines = [{ name: 'ingress.cluster.k8s', address: '10.10.20.2' }];
    const balancer = new IngressBalancer(chart, 'ingress', { machines, nodes, nginxVersion });
    for (let i = 0; i < size; i++) {
      new EnvironmentEntry(chart, `entry-${i}`, { balancer, environment: 'prod', application: `app-${i}`, domains: [`app-${i}.example.com`] });
    }
  },
  /** Entries of one balancer in four environments, half of them https. */
  entries(chart, size, nginxVersion) {
    const nodes = NodePool.ingress(chart, 'ingress-nodes', { nodes: NODES });
    const balancer = new IngressBalancer(chart, 'ingress', { machines: [{ name: 'ingress.cluster.k8s', address: '10.10.20.2' }], nodes, nginxVersion });
    const tls = ServerTls.fromFiles('/etc/ssl/site.pem', '/etc/ssl/site.key');
    for (let i = 0; i < size; i++) {
      const environment = ['prod', 'pre', 'test', 'dev'][i % 4];
      new EnvironmentEntry(chart, `entry-${i}`, {
        balancer, environment, application: `app-${i}`, domains: [`app-${i}.example.com`], tls: i % 8 < 4 ? tls : undefined,
      });
    }
  },
};
