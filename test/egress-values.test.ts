import { readFileSync, writeFileSync } from 'fs';
import { join } from 'path';
import { Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { CaBundle, EgressProxy, EgressValues, EgressValuesOptions, NodePool, UpstreamTls } from '../lib';
import { egressNodes, newChart, NODE1, NODE2 } from './support/constructs';
import { temporaryFolder } from './support/folders';
import { deployment, manifests, nginxTexts, podSpec } from './support/manifests';
import { blocks, linesOf, members, valueOf } from './support/nginx-text';

const fixture = (name: string) => join(__dirname, 'fixtures', 'values', name);
const ROUTER = 'routers: [ { name: a, scheme: http, host: a.example, targets: [ 203.0.113.1 ] } ]';
const IMAGE = 'image: { repository: nginx, tag: "1.30" }';

/** The path of a file with the lines. */
function fileWith(...lines: string[]): string {
  const path = join(temporaryFolder(), 'values.yaml');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

interface Made {
  readonly chart: Chart;
  readonly proxy: EgressProxy;
  readonly values: EgressValues;
}

/** The proxy of a file on two nodes. */
function create(path: string, options: Partial<EgressValuesOptions> = {}): Made {
  const chart = newChart();
  const values = EgressValues.fromFile(path);
  return { chart, values, proxy: values.createProxy(chart, 'egress', { nodes: options.nodes ?? egressNodes(chart, [NODE1, NODE2]), ...options }) };
}

/** What `createProxy` found besides what was found in the file. */
function foundByProxy(path: string, options: Partial<EgressValuesOptions> = {}): string[] {
  const before = EgressValues.fromFile(path).findings.length;
  return create(path, options).values.findings.slice(before).map(({ path: where, message }) => `${where}: ${message}`);
}

const NAMESPACE_RULE = 'nodeSelector: the chart used nodes with the label node.kubernetes.io/namespace=<namespace> only; the pool decides now: where it has nodes of other namespaces, add that label to the file';
const PINNED = 'nodeSelector: the pods are pinned to the nodes of the pool, cluster.k8s/egress=enabled, too';

describe('the documented file', () => {
  test('has these findings', () => {
    expect(EgressValues.fromFile(fixture('documented.yaml')).findings).toEqual([
      { path: 'image.pullPolicy', message: 'pods start only while the registry answers; without a registry in reach use IfNotPresent', changed: false },
      { path: 'image.tag', message: 'the image stays at nginx 1.24.0; 1.30.4 and newer have security fixes that matter for a proxy', changed: false },
      {
        path: 'routers[0].targets[1]',
        message: 'the target 10.10.20.21:443 is there twice, which doubled the time that a dead one costs: it is taken once',
        changed: true,
      },
      {
        path: 'routers[0].scheme',
        message: 'the chart verified no certificate; the proxy does, for the host\'s name (\'tls\' of createProxy says who is trusted)',
        changed: true,
      },
    ]);
  });

  test('on two nodes has two more: five pods do not fit, and the placement rule of the chart is the pool\'s', () => {
    expect(foundByProxy(fixture('documented.yaml'))).toEqual([
      'autoscaling.maxReplicas: two pods never run on one node, and the pool has 2: 5 becomes 2',
      NAMESPACE_RULE,
    ]);
  });

  test('becomes a proxy with its image, resources, autoscaler and nodes', () => {
    const { chart } = create(fixture('documented.yaml'));
    const pod = podSpec(chart);

    expect(pod.containers[0]).toMatchObject({ image: 'nginx:1.24.0', imagePullPolicy: 'Always', resources: { limits: { cpu: '500m', memory: '128Mi' } } });
    expect(pod.nodeSelector).toEqual({ 'cluster.k8s/egress': 'enabled' });
    expect(manifests(chart, 'HorizontalPodAutoscaler')[0].spec).toMatchObject({
      minReplicas: 2, maxReplicas: 2, metrics: [{ resource: { target: { averageUtilization: 60 } } }],
    });
    expect(deployment(chart).spec.replicas).toBeUndefined();
  });

  test('becomes a proxy with its two routes', () => {
    const { chart, proxy } = create(fixture('documented.yaml'));
    const text = nginxTexts(chart)['routes-1.conf'];
    const [dashboard, nexus] = blocks(text, 'server');

    expect(proxy.routes.map(({ name }) => name)).toEqual(['dashboard', 'nexus']);
    expect(members(text, 'dashboard')).toEqual(['server 10.10.20.21:443 max_fails=3 fail_timeout=10s;']);
    expect(members(text, 'nexus')).toEqual(['server 10.10.20.0:80 max_fails=3 fail_timeout=10s;']);
    expect(dashboard).toEqual(expect.arrayContaining([
      'proxy_pass https://dashboard;', 'proxy_set_header Host dashboard.cluster.k8s;', 'client_max_body_size 1024m;', 'proxy_connect_timeout 60s;',
      'proxy_send_timeout 60s;', 'proxy_read_timeout 60s;', 'proxy_ssl_name dashboard.cluster.k8s;',
    ]));
    expect(nexus).toEqual(expect.arrayContaining(['proxy_pass http://nexus;', 'proxy_set_header Host mirror.cluster.k8s;', 'proxy_read_timeout 10s;']));
  });

  test('verifies its https routes with the TLS that is given, and http ones not', () => {
    // GIVEN
    const chart = newChart();
    const ca = CaBundle.fromConfigMap(kplus.ConfigMap.fromConfigMapName(chart, 'root-ca', 'root-ca'));

    // WHEN
    EgressValues.fromFile(fixture('documented.yaml')).createProxy(chart, 'egress', { nodes: egressNodes(chart, [NODE1]), tls: UpstreamTls.verified({ ca }) });

    // THEN
    const [dashboard, nexus] = blocks(nginxTexts(chart)['routes-1.conf'], 'server');
    expect(valueOf(dashboard, 'proxy_ssl_trusted_certificate')).toBe('/etc/gatehouse/trust/configmap-root-ca/ca.crt');
    expect(nexus.join()).not.toContain('proxy_ssl');
  });
});

describe('a customer\'s file', () => {
  test('cannot be carried over as it is, and all reasons are there with their lines', () => {
    const path = fixture('customer.yaml');

    expect(() => EgressValues.fromFile(path)).toThrow(new Error([
      `${path} cannot be carried over:`,
      '  line 7: \'routers[1]\' is {"name":"sms","scheme":"http","targets":["203.0.113.10:8080","203.0.113.11:8080"]}: it has no \'host\': the chart sent "lb-sms" as Host; add \'host\' with the name of the external system',
      '  line 8: \'routers[2].options.clientMaxBodySize\' is 0: a size above 0 is expected, such as "16m"; nginx took 0 as "unlimited": say the largest body that there is',
      '  line 8: \'routers[2]\' is {"name":"tax","scheme":"https","targets":["203.0.113.20"],"options":{"clientMaxBodySize":0}}: it has no \'host\': the chart sent "lb-tax" as Host, and no certificate can be verified without a name; add \'host\' with the name of the external system',
    ].join('\n')));
  });

  /** The same file with what the error asks for. */
  function corrected(tag = '1.24.0'): string {
    const text = readFileSync(fixture('customer.yaml'), 'utf8')
      .replace('1.24.0', tag)
      .replace('scheme: http, targets', 'scheme: http, host: sms.example, targets')
      .replace('targets: [ 203.0.113.20 ], options: { clientMaxBodySize: 0 }', 'host: tax.example, targets: [ 203.0.113.20 ], options: { clientMaxBodySize: 64m }');
    return fileWith(text);
  }

  test('has these findings when it is corrected', () => {
    const unverified = 'the chart verified no certificate; the proxy does, for the host\'s name (\'tls\' of createProxy says who is trusted)';

    expect(EgressValues.fromFile(corrected()).findings.map(({ path, message }) => [path, message])).toEqual([
      ['autoscaling', 'it is not enabled: there is one pod on each node of the pool, whatever minReplicas says'],
      ['image.tag', 'the image stays at nginx 1.24.0; 1.30.4 and newer have security fixes that matter for a proxy'],
      ['routers[0].targets[0]', 'without a port the chart spoke TLS to port 80; now it is 443'],
      ['routers[0].targets[0]', 'the name is looked up again and again while the proxy runs, by the \'resolvers\' of createProxy; the chart looked it up once'],
      ['routers[0].scheme', unverified],
      ['routers[2].targets[0]', 'without a port the chart spoke TLS to port 80; now it is 443'],
      ['routers[2].scheme', unverified],
      ['config.nginx.conf', 'the proxy writes its own configuration: this one is not carried over; what is missing can be added with \'addUncheckedDirectives\''],
    ]);
  });

  test('needs resolvers for its target that is a name, and the error names the line', () => {
    expect(() => create(corrected())).toThrow(
      '\'resolvers\' is not given: \'routers[0].targets\' (line 6) has the name api.pay.example:443: set it to the DNS servers that know it, or use addresses');
  });

  test('needs an nginx that looks names up again', () => {
    expect(() => create(corrected(), { resolvers: ['10.96.0.10'] })).toThrow(
      '\'resolvers\' is ["10.96.0.10"]: targets that are names need nginx 1.27.3, and the image has 1.24.0');
  });

  test('becomes a proxy with all of it then', () => {
    const { chart } = create(corrected('1.30.4'), { resolvers: ['10.96.0.10'] });
    const { spec: { template: { spec: pod }, replicas } } = deployment(chart);
    const text = nginxTexts(chart)['routes-1.conf'];

    expect(replicas).toBe(2);
    expect(pod).toMatchObject({
      imagePullSecrets: [{ name: 'mirror' }],
      tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'egress', effect: 'NoSchedule' }],
    });
    expect(pod.containers[0]).toMatchObject({ image: 'mirror.cluster.k8s/library/nginx:1.30.4', imagePullPolicy: 'IfNotPresent' });
    expect(members(text, 'payment-gateway-production')).toEqual([
      'server api.pay.example:443 max_fails=3 fail_timeout=10s resolve;',
      'server api.pay.example:443 backup max_fails=0 resolve;',
    ]);
    expect(blocks(text, 'server')[0]).toContain('proxy_read_timeout 120s;');
    expect(linesOf(nginxTexts(chart)['nginx.conf'])).toContain('resolver 10.96.0.10:53 ipv6=off;');
    expect(manifests(chart, 'HorizontalPodAutoscaler')).toEqual([]);
  });
});

describe('the number of pods', () => {
  const scaled = (autoscaling: string, nodes = [NODE1, NODE2]) => {
    const path = fileWith(IMAGE, `autoscaling: ${autoscaling}`, ROUTER);
    const { chart } = create(path, { nodes: egressNodes(newChart(), nodes) });
    const [autoscaler] = manifests(chart, 'HorizontalPodAutoscaler');
    return { found: foundByProxy(path, { nodes: egressNodes(newChart(), nodes) }).filter((each) => each.startsWith('autoscaling')), autoscaler, replicas: deployment(chart).spec.replicas };
  };

  test('is one on each node when the autoscaler is disabled', () => {
    expect(scaled('{ enabled: false, minReplicas: 1 }')).toEqual({ found: [], autoscaler: undefined, replicas: 2 });
  });

  test('is bounded as in the file when there are nodes enough', () => {
    const { found, autoscaler } = scaled('{ enabled: true, minReplicas: 1, maxReplicas: 2, targetCPUPercentage: 75 }');

    expect(found).toEqual([]);
    expect(autoscaler.spec).toMatchObject({ minReplicas: 1, maxReplicas: 2, metrics: [{ resource: { target: { averageUtilization: 75 } } }] });
  });

  test('is at most the number of nodes', () => {
    const { found, autoscaler } = scaled('{ enabled: true, minReplicas: 3, maxReplicas: 5 }');

    expect(found).toEqual([
      'autoscaling.minReplicas: two pods never run on one node, and the pool has 2: 3 becomes 2',
      'autoscaling.maxReplicas: two pods never run on one node, and the pool has 2: 5 becomes 2',
    ]);
    expect(autoscaler.spec).toMatchObject({ minReplicas: 2, maxReplicas: 2 });
  });

  test.each([
    ['{ enabled: true }', 2, 2],
    ['{ enabled: true, maxReplicas: 1 }', 1, 1],
    ['{ enabled: true, minReplicas: 1 }', 1, 2],
  ])('where the file has no bound is that of the nodes: %s', (autoscaling, min, max) => {
    const { found, autoscaler } = scaled(autoscaling);

    expect(found).toEqual([]);
    expect(autoscaler.spec).toMatchObject({ minReplicas: min, maxReplicas: max });
  });

  test('is one on a pool of one node, for which the file needs no change', () => {
    const { found, autoscaler } = scaled('{ enabled: true, minReplicas: 2, maxReplicas: 5 }', [NODE1]);

    expect(found).toEqual([
      'autoscaling.minReplicas: two pods never run on one node, and the pool has 1: 2 becomes 1',
      'autoscaling.maxReplicas: two pods never run on one node, and the pool has 1: 5 becomes 1',
    ]);
    expect(autoscaler.spec).toMatchObject({ minReplicas: 1, maxReplicas: 1 });
  });

  test('is none in maintenance', () => {
    const { chart } = create(fileWith(IMAGE, 'maintenance: yes', 'autoscaling: { enabled: true }', ROUTER));

    expect(deployment(chart).spec.replicas).toBe(0);
    expect(manifests(chart, 'HorizontalPodAutoscaler')).toEqual([]);
  });
});

describe('the nodes', () => {
  const selected = (nodeSelector: string) => podSpec(create(fileWith(IMAGE, `nodeSelector: ${nodeSelector}`, ROUTER)).chart).nodeSelector;
  const found = (nodeSelector: string) => foundByProxy(fileWith(IMAGE, `nodeSelector: ${nodeSelector}`, ROUTER));

  test('are those of the pool, which is said when the file does not ask for it', () => {
    expect(selected('{}')).toEqual({ 'cluster.k8s/egress': 'enabled' });
    expect(found('{}')).toEqual([PINNED, NAMESPACE_RULE]);
    expect(found('{ cluster.k8s/egress: enabled }')).toEqual([NAMESPACE_RULE]);
  });

  test('carry the other labels of the file too', () => {
    expect(selected('{ zone: a }')).toEqual({ 'cluster.k8s/egress': 'enabled', 'zone': 'a' });
  });

  test('are those of a namespace when the file says so, as the chart had it', () => {
    expect(selected('{ node.kubernetes.io/namespace: prod }')).toEqual({ 'cluster.k8s/egress': 'enabled', 'node.kubernetes.io/namespace': 'prod' });
    expect(found('{ node.kubernetes.io/namespace: prod }')).toEqual([PINNED]);
  });

  test('cannot be those of another label than the pool\'s', () => {
    expect(() => selected('{ cluster.k8s/egress: other }')).toThrow(
      '\'nodes\' is "cluster.k8s/egress=enabled": \'nodeSelector\' of the file asks for cluster.k8s/egress=other: make a pool of that label');
  });

  test('can be a pool of the label that the file has', () => {
    const chart = newChart();
    const nodes = new NodePool(chart, 'nodes', { labelKey: 'zone', labelValue: 'dmz', nodes: [NODE1] });

    expect(foundByProxy(fileWith(IMAGE, 'nodeSelector: { zone: dmz }', ROUTER), { nodes })).toEqual([NAMESPACE_RULE]);
  });
});

describe('the affinity', () => {
  const AFFINITY = 'affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [ { weight: 1 } ] }, podAntiAffinity: { a: b } }';
  const preferred = { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1 }] };

  test('to nodes is carried over, beside the proxy\'s own rule that keeps pods apart', () => {
    expect(podSpec(create(fileWith(IMAGE, AFFINITY, ROUTER)).chart).affinity).toEqual({
      nodeAffinity: preferred,
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [expect.objectContaining({ topologyKey: 'kubernetes.io/hostname' })] },
    });
  });

  test('is carried over where there is one pod, which needs no rule', () => {
    const nodes = egressNodes(newChart(), [NODE1]);

    expect(podSpec(create(fileWith(IMAGE, AFFINITY, ROUTER), { nodes }).chart).affinity).toEqual({ nodeAffinity: preferred });
  });
});

describe('the findings', () => {
  test('are there once, however many proxies are made', () => {
    // GIVEN
    const chart = newChart();
    const nodes = egressNodes(chart, [NODE1, NODE2]);
    const values = EgressValues.fromFile(fileWith(IMAGE, 'autoscaling: { enabled: true, maxReplicas: 5 }', 'routers: []'));

    // WHEN
    values.createProxy(chart, 'first', { nodes });
    const once = values.findings;
    values.createProxy(chart, 'second', { nodes });

    // THEN
    expect(once).toHaveLength(4);
    expect(values.findings).toEqual(once);
  });

  test('are a copy', () => {
    const values = EgressValues.fromFile(fixture('documented.yaml'));
    values.findings.pop();

    expect(values.findings).toHaveLength(4);
  });
});

describe('refuses, with the line,', () => {
  const refused = (lines: string[], ...problems: string[]) => {
    const path = fileWith(...lines);
    expect(() => EgressValues.fromFile(path)).toThrow(new Error([`${path} cannot be carried over:`, ...problems.map((problem) => `  ${problem}`)].join('\n')));
  };

  test('what is no YAML', () => {
    refused(['tolerations: [ { key: a }', 'maintenance: true'], 'line 2: Flow sequence in block collection must be sufficiently indented and end with a ]');
  });

  test('a key that is there twice, since the last one would win silently', () => {
    refused(['maintenance: true', IMAGE, 'maintenance: false'], 'line 3: Map keys must be unique');
  });

  test('a name that is there twice', () => {
    refused(
      ['routers:', '  - { name: a, scheme: http, host: a.example, targets: [ 10.0.0.1 ] }', '  - { name: a, scheme: http, host: b.example, targets: [ 10.0.0.2 ] }'],
      'line 3: \'routers[1].name\' is "a": line 2 has that name already, and a Service has a name of its own');
  });

  test('everything at once, in the order of the lines', () => {
    refused(
      ['routers: [ { name: a, scheme: http, host: a.example, targets: 203.0.113.1 } ]', 'maintenance: "true"', 'image: { repository: nginx, tag: latest }'],
      'line 1: \'routers[0].targets\' is "203.0.113.1": a list is expected: write "[ 203.0.113.1 ]"',
      'line 2: \'maintenance\' is "true": true or false is expected, without quotes',
      'line 3: \'image.tag\' is "latest": the tag names no version of nginx, which decides what can be written: use one such as "1.30"');
  });
});

test('a file that is not there is an error of its own', () => {
  expect(() => EgressValues.fromFile('/nowhere/values.yaml')).toThrow('ENOENT: no such file or directory, open \'/nowhere/values.yaml\'');
});

test('a router whose Service another proxy of the namespace has is refused at the call', () => {
  const chart = newChart();
  const nodes = egressNodes(chart, [NODE1]);
  const values = EgressValues.fromFile(fileWith(IMAGE, ROUTER));
  values.createProxy(chart, 'first', { nodes });

  expect(() => values.createProxy(chart, 'second', { nodes })).toThrow('\'name\' is "a": "traffic/first/a" has that name already in namespace prod: give one of them another');
});
