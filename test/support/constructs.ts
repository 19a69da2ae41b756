import { App, Chart, Testing } from 'cdk8s';
import { EgressProxy, EgressProxyProps, IngressBalancer, IngressBalancerProps, NodePool, PoolNode } from '../../lib';

export const LB = { name: 'ingress.cluster.k8s', address: '10.10.20.2' };
export const SVC = { name: 'svc.cluster.k8s', address: '10.10.20.0' };
export const NODE1 = { name: 'node1.cluster.k8s', address: '10.10.20.21' };
export const NODE2 = { name: 'node2.cluster.k8s', address: '10.10.20.22' };

/** A chart `traffic` of namespace `prod`, in an App that writes to a temporary folder. */
export function newChart(app: App = Testing.app()): Chart {
  return new Chart(app, 'traffic', { namespace: 'prod' });
}

/** The balancer of main.ts, with other props where they are given. */
export function newBalancer(chart: Chart, props: Partial<IngressBalancerProps> = {}, id: string = 'ingress'): IngressBalancer {
  return new IngressBalancer(chart, id, {
    machines: [LB],
    nodes: props.nodes ?? NodePool.ingress(chart, `${id}-nodes`, { nodes: [NODE1, NODE2] }),
    ...props,
  });
}

/** A proxy on two nodes, with other props where they are given. */
export function newEgress(chart: Chart, props: Partial<EgressProxyProps> = {}, id: string = 'egress'): EgressProxy {
  return new EgressProxy(chart, id, { nodes: props.nodes ?? egressNodes(chart, [NODE1, NODE2], id), ...props });
}

/** A pool for a proxy. */
export function egressNodes(chart: Chart, nodes: PoolNode[], id: string = 'egress'): NodePool {
  return NodePool.egress(chart, `${id}-nodes`, { nodes });
}

/** The file of a balancer below `etc/nginx`. */
export function fileOf(balancer: IngressBalancer, path: string, machine: string = LB.name): string {
  const text = balancer.files[`${machine}/etc/nginx/${path}`];
  expect(text).toBeDefined();
  return text;
}
