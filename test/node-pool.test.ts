import { Cron, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { NodePool, PoolNode } from '../lib';
import { newChart, NODE1, NODE2 } from './support/constructs';
import { Labels, manifests, podSpec, PodTemplate } from './support/manifests';

const newPool = (nodes: PoolNode[]) => NodePool.egress(newChart(), 'nodes', { nodes });

test('the two well-known pools have a label each', () => {
  const chart = newChart();

  expect(NodePool.ingress(chart, 'ingress-nodes', { nodes: [NODE1] }).nodeSelector).toEqual({ 'cluster.k8s/ingress': 'enabled' });
  expect(NodePool.egress(chart, 'egress-nodes', { nodes: [NODE1] }).nodeSelector).toEqual({ 'cluster.k8s/egress': 'enabled' });
});

test('a pool can have a label of its own', () => {
  const pool = new NodePool(newChart(), 'gateway-nodes', { nodes: [NODE1], labelKey: 'example.com/gateway', labelValue: 'yes' });

  expect([pool.labelKey, pool.labelValue]).toEqual(['example.com/gateway', 'yes']);
  expect(pool.nodeSelector).toEqual({ 'example.com/gateway': 'yes' });
});

test('the value of a label of its own is "enabled" by default', () => {
  expect(new NodePool(newChart(), 'nodes', { nodes: [NODE1], labelKey: 'gateway' }).labelValue).toBe('enabled');
});

test('the nodes are copies, so that nobody changes them behind the checks', () => {
  // GIVEN
  const given = [{ ...NODE1 }];
  const pool = newPool(given);

  // WHEN
  given[0].address = 'unix:/run/docker.sock';
  (pool.nodes[0] as { address: string }).address = 'unix:/run/docker.sock';
  pool.nodes.pop();

  // THEN
  expect(pool.nodes).toEqual([NODE1]);
});

test('weight and drained are kept, and an IPv6 address gets its usual spelling', () => {
  const pool = newPool([{ name: 'node1', address: '2001:DB8:0::1', weight: 2, drained: true }]);

  expect(pool.nodes).toEqual([{ name: 'node1', address: '2001:db8::1', weight: 2, drained: true }]);
});

test('a pool makes no manifest: nothing labels the nodes', () => {
  const chart = newChart();

  NodePool.egress(chart, 'nodes', { nodes: [NODE1] });

  expect(manifests(chart)).toEqual([]);
});

describe('a workload that a pool attracts gets a nodeSelector:', () => {
  const containers = [{ image: 'gateway', portNumber: 8080 }];
  const chart = Testing.chart();
  const cases: [string, kplus.Workload, (spec: object) => PodTemplate][] = [
    ['Deployment', new kplus.Deployment(chart, 'deployment', { containers }), template],
    ['StatefulSet', new kplus.StatefulSet(chart, 'stateful-set', { containers }), template],
    ['DaemonSet', new kplus.DaemonSet(chart, 'daemon-set', { containers }), template],
    ['Job', new kplus.Job(chart, 'job', { containers }), template],
    ['CronJob', new kplus.CronJob(chart, 'cron-job', { containers, schedule: Cron.daily() }), templateOfJob],
  ];
  function template(spec: object): PodTemplate {
    return (spec as { template: PodTemplate }).template;
  }
  function templateOfJob(spec: object): PodTemplate {
    return template((spec as { jobTemplate: { spec: object } }).jobTemplate.spec);
  }

  test.each(cases)('%s', (kind, workload, templateOf) => {
    // WHEN
    NodePool.egress(workload, 'nodes', { nodes: [NODE1] }).attract(workload);

    // THEN
    const [manifest] = manifests(chart, kind);
    expect(templateOf(manifest.spec).spec.nodeSelector).toEqual({ 'cluster.k8s/egress': 'enabled' });
  });
});

describe('with a Deployment', () => {
  function attracted(attract: (deployment: kplus.Deployment, ingress: NodePool, egress: NodePool) => void): Labels | undefined {
    const chart = newChart();
    const deployment = new kplus.Deployment(chart, 'gateway', { containers: [{ image: 'gateway' }] });
    attract(deployment, NodePool.ingress(chart, 'ingress-nodes', { nodes: [NODE1] }), NodePool.egress(chart, 'egress-nodes', { nodes: [NODE1, NODE2] }));
    return podSpec(chart).nodeSelector;
  }

  test('two pools narrow it to the nodes that are in both', () => {
    const nodeSelector = attracted((deployment, ingress, egress) => {
      ingress.attract(deployment);
      egress.attract(deployment);
    });

    expect(nodeSelector).toEqual({ 'cluster.k8s/ingress': 'enabled', 'cluster.k8s/egress': 'enabled' });
  });

  test('the same pool twice is the same as once', () => {
    const nodeSelector = attracted((deployment, _, egress) => {
      egress.attract(deployment);
      egress.attract(deployment);
    });

    expect(nodeSelector).toEqual({ 'cluster.k8s/egress': 'enabled' });
  });

  test('the affinity that it has stays', () => {
    // GIVEN
    const chart = newChart();
    const deployment = new kplus.Deployment(chart, 'gateway', { containers: [{ image: 'gateway' }] });
    deployment.scheduling.attract(kplus.Node.labeled(kplus.NodeLabelQuery.is('disk', 'ssd')));

    // WHEN
    NodePool.egress(chart, 'nodes', { nodes: [NODE1] }).attract(deployment);

    // THEN
    const { affinity, nodeSelector } = podSpec(chart);
    expect(nodeSelector).toEqual({ 'cluster.k8s/egress': 'enabled' });
    expect(JSON.stringify(affinity?.nodeAffinity)).toContain('"values":["ssd"]');
  });
});

describe('refuses', () => {
  test.each([[[]], [undefined as unknown as PoolNode[]], [NODE1 as unknown as PoolNode[]]])('no list of nodes: %j', (nodes) => {
    expect(() => newPool(nodes)).toThrow(/^'nodes' is .+: at least one node is needed$/);
  });

  test('two nodes of one name', () => {
    expect(() => newPool([NODE1, { ...NODE2, name: NODE1.name }])).toThrow('\'nodes[1].name\' is "node1.cluster.k8s": nodes[0] has it already');
  });

  test('two nodes of one address, also when it is spelled otherwise', () => {
    expect(() => newPool([NODE1, { ...NODE2, address: NODE1.address }])).toThrow('\'nodes[1].address\' is "10.10.20.21": nodes[0] has it already');
    expect(() => newPool([{ name: 'a', address: '::1' }, { name: 'b', address: '0:0::1' }])).toThrow('\'nodes[1].address\' is "::1": nodes[0] has it already');
  });

  test('a name that is no DNS name', () => {
    expect(() => newPool([{ ...NODE1, name: 'node_1' }])).toThrow('\'nodes[0].name\' is "node_1": a DNS name has labels');
    expect(() => newPool([NODE1, null as unknown as PoolNode])).toThrow('\'nodes[1].name\' is not given: a DNS name is expected, such as "example.com"');
  });

  test('an address with a port', () => {
    expect(() => newPool([{ ...NODE1, address: '10.10.20.21:80' }]))
      .toThrow('\'nodes[0].address\' is "10.10.20.21:80": an IPv4 or IPv6 address without a port is expected, such as "10.10.20.21"');
  });

  test.each([0, 1001, 1.5])('a weight of %d', (weight) => {
    expect(() => newPool([{ ...NODE1, weight }])).toThrow(`'nodes[0].weight' is ${weight}: a whole number from 1 to 1000 is expected`);
  });

  test('a label that Kubernetes does not take', () => {
    const labeled = (labelKey: string, labelValue?: string) => () => new NodePool(newChart(), 'nodes', { nodes: [NODE1], labelKey, labelValue });

    expect(labeled('a/b/c')).toThrow('\'labelKey\' is "a/b/c": the key of a label is "name" or "dns.name/name", such as "cluster.k8s/egress"');
    expect(labeled('a', 'b c')).toThrow('\'labelValue\' is "b c": the value of a label has 1..63 characters of A-Z, a-z, 0-9 and . _ -');
  });
});

test('a workload cannot be pinned to two values of one label', () => {
  const chart = newChart();
  const workload = new kplus.Deployment(chart, 'gateway', { containers: [{ image: 'gateway' }] });
  new NodePool(chart, 'a', { nodes: [NODE1], labelKey: 'zone', labelValue: 'a' }).attract(workload);

  expect(() => new NodePool(chart, 'b', { nodes: [NODE2], labelKey: 'zone', labelValue: 'b' }).attract(workload)).toThrow(
    '\'workload\' is "traffic/gateway": it is pinned to zone=a already, and no node has zone=b as well');
});
