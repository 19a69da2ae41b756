import { Chart, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { ClientCertificate, EgressProxy, EgressProxyProps, EgressRoute, EgressRouteOptions, HeaderValue, NodePool, PoolNode, RateLimit, RetryPolicy, Scaling, Scheme, UpstreamTls } from '../lib';
import { egressNodes, newChart, newEgress, NODE1, NODE2 } from './support/constructs';
import { deployment, manifests, nginxTexts, podSpec } from './support/manifests';
import { blocks, linesOf, members, valueOf } from './support/nginx-text';

const NODE3 = { name: 'node3.cluster.k8s', address: '10.10.20.23' };
const HTTP: EgressRouteOptions = { scheme: Scheme.HTTP, targets: ['203.0.113.1'], host: 'partner.example' };

interface Made {
  readonly chart: Chart;
  readonly proxy: EgressProxy;
  readonly route: EgressRoute;
  readonly text: () => string;
  readonly server: () => string[];
  readonly upstream: () => string[];
  readonly members: () => string[];
  readonly main: () => string[];
}

/** A proxy on two nodes with the route `partner` to http://partner.example. */
function newRoute(options: Partial<EgressRouteOptions> = {}, props: Partial<EgressProxyProps> = {}): Made {
  const chart = newChart();
  const proxy = newEgress(chart, props);
  const route = proxy.addRoute('partner', { ...HTTP, ...options });
  const text = () => nginxTexts(chart)['routes-1.conf'];
  return {
    chart,
    proxy,
    route,
    text,
    server: () => blocks(text(), 'server')[0],
    upstream: () => blocks(text(), 'upstream')[0],
    members: () => members(text(), 'partner'),
    main: () => linesOf(nginxTexts(chart)['nginx.conf']),
  };
}

/** The manifests of a proxy with one route. */
const chartWith = (props: Partial<EgressProxyProps>) => newRoute({}, props).chart;
const onNodes = (...nodes: PoolNode[]) => ({ nodes: egressNodes(newChart(), nodes) });
const headersOf = ({ server }: Made) => server().filter((line) => line.startsWith('proxy_set_header ')).map((line) => line.slice('proxy_set_header '.length, -1));

describe('addTarget', () => {
  test('adds targets of a weight, and with no backup among them all are once more there for the case that all have failed', () => {
    const made = newRoute();
    made.route.addTarget('203.0.113.2:8080', { weight: 3 });

    expect(made.members()).toEqual([
      'server 203.0.113.1:80 max_fails=3 fail_timeout=10s;',
      'server 203.0.113.2:8080 weight=3 max_fails=3 fail_timeout=10s;',
      'server 203.0.113.1:80 backup max_fails=0;',
      'server 203.0.113.2:8080 weight=3 backup max_fails=0;',
    ]);
  });

  test('adds backups, which are used when all others fail', () => {
    const made = newRoute();
    made.route.addTarget('[2001:DB8::2]', { backup: true });

    expect(made.members()).toEqual(['server 203.0.113.1:80 max_fails=3 fail_timeout=10s;', 'server [2001:db8::2]:80 backup max_fails=3 fail_timeout=10s;']);
  });

  test('leaves requests a try for each target, up to three', () => {
    const made = newRoute();
    const tries = () => valueOf(made.server(), 'proxy_next_upstream_tries');
    const counted = ['203.0.113.2', '203.0.113.3', '203.0.113.4'].map((target) => {
      made.route.addTarget(target);
      return tries();
    });

    expect(counted).toEqual(['2', '3', '3']);
  });

  test('of https goes to port 443 by default', () => {
    const made = newRoute({ scheme: Scheme.HTTPS });
    made.route.addTarget('203.0.113.2');

    expect(made.members()[1]).toBe('server 203.0.113.2:443 max_fails=3 fail_timeout=10s;');
  });

  test('is in the configuration that was asked for before as well', () => {
    const made = newRoute();
    expect(made.members()).toHaveLength(1);
    made.route.addTarget('203.0.113.2');

    expect(made.members()).toHaveLength(4);
  });

  test.each([
    ['203.0.113.1:80', {}, '\'target\' is "203.0.113.1:80": the route has 203.0.113.1:80 already, and a target that is there twice doubles the time that a dead one costs'],
    ['203.0.113.2:0', {}, '\'target\' is "203.0.113.2:0": the port must be 1..65535'],
    ['partner.example', {}, '\'target\' is "partner.example": an address is needed: nginx would look the name up once'],
    ['203.0.113.2', { weight: 0 }, '\'weight\' is 0: a whole number from 1 to 1000 is expected'],
    ['203.0.113.2', { weight: 1001 }, '\'weight\' is 1001: a whole number from 1 to 1000 is expected'],
  ])('refuses %s with %j', (target, options, reason) => {
    expect(() => newRoute().route.addTarget(target, options)).toThrow(reason);
  });

  test('refuses a second target without a host', () => {
    expect(() => newRoute({ host: undefined }).route.addTarget('203.0.113.2')).toThrow(
      '\'host\' is not given: with several targets the route must say which name they answer to');
  });
});

describe('targets that are names', () => {
  const RESOLVERS = { resolvers: ['10.96.0.10', '[2001:db8::53]:5353'] };

  test('are looked up again and again by the resolvers, and may stand for several addresses, all of which can have failed', () => {
    const made = newRoute({ targets: ['api.partner.example:8080'] }, RESOLVERS);

    expect(made.members()).toEqual([
      'server api.partner.example:8080 max_fails=3 fail_timeout=10s resolve;', 'server api.partner.example:8080 backup max_fails=0 resolve;',
    ]);
    expect(made.main()).toEqual(expect.arrayContaining(['resolver 10.96.0.10:53 [2001:db8::53]:5353 ipv6=off;', 'resolver_timeout 5s;']));
  });

  test('may stand for several addresses, so that a request has a second try', () => {
    expect(valueOf(newRoute({ targets: ['api.partner.example'] }, RESOLVERS).server(), 'proxy_next_upstream_tries')).toBe('2');
  });

  test('are looked up for IPv6 as well where the nodes have it', () => {
    const made = newRoute({}, { ...RESOLVERS, ...onNodes({ name: 'node1', address: '2001:db8::1' }) });

    expect(made.main()).toContain('resolver 10.96.0.10:53 [2001:db8::53]:5353;');
  });

  test('are the Host when they are the only target', () => {
    const made = newRoute({ scheme: Scheme.HTTPS, targets: ['api.partner.example'], host: undefined }, RESOLVERS);

    expect(headersOf(made)).toContain('Host api.partner.example');
    expect(valueOf(made.server(), 'proxy_ssl_name')).toBe('api.partner.example');
  });

  test.each(['1.27.3', '1.28', '1.30.4'])('are resolved by nginx %s', (nginxVersion) => {
    expect(() => newRoute({ targets: ['api.partner.example'] }, { ...RESOLVERS, nginxVersion })).not.toThrow();
  });

  test.each(['1.24', '1.26.3', '1.27.2'])('are refused with nginx %s, naming the version that has it', (nginxVersion) => {
    expect(() => newRoute({}, { resolvers: ['10.96.0.10'], nginxVersion })).toThrow(
      `'resolvers' is ["10.96.0.10"]: targets that are names need nginx 1.27.3, and the image has ${nginxVersion}`);
  });

  test('are refused without resolvers, with the reason', () => {
    expect(() => newRoute({ targets: ['api.partner.example'] })).toThrow(
      '\'targets[0]\' is "api.partner.example": an address is needed: nginx would look the name up once, at its start, and not start at all without an answer; set \'resolvers\' of the proxy for names');
  });

  test.each([
    [['dns.cluster.k8s'], '\'resolvers[0]\' is "dns.cluster.k8s": the address of a DNS server is needed: its name could not be looked up'],
    [['10.96.0.10', '10.96.0.10:53'], '\'resolvers[1]\' is "10.96.0.10:53": resolvers[0] is the same'],
    [['10.96.0.10:0'], '\'resolvers[0]\' is "10.96.0.10:0": the port must be 1..65535'],
  ])('are refused with the resolvers %j', (resolvers, reason) => {
    expect(() => newRoute({}, { resolvers })).toThrow(reason);
  });

  test('need no resolver when there are none', () => {
    expect(newRoute().main().join()).not.toContain('resolver');
  });
});

describe('headers', () => {
  test('are set and removed, by props and by calls', () => {
    const made = newRoute({ headers: { 'X-Api-Key': 'costs 3 $' } });
    made.route.setHeader('X-Site', HeaderValue.of('"a"; b'));
    made.route.removeHeader('Cookie');

    expect(headersOf(made)).toEqual(expect.arrayContaining(['X-Api-Key "costs 3 ${gatehouse_dollar}"', 'X-Site "\\"a\\"; b"', 'Cookie ""']));
    expect(made.main()).toContain('geo $gatehouse_dollar {');
  });

  test('that say who calls are removed, by what all routes include', () => {
    const made = newRoute();

    expect(made.server()).toContain('include removed-headers.conf;');
    expect(headersOf(made)).toEqual(['Host partner.example', 'Proxy ""', 'Upgrade $gatehouse_upgrade', 'Connection $gatehouse_connection']);
    expect(linesOf(nginxTexts(made.chart)['removed-headers.conf'])).toEqual(expect.arrayContaining(['proxy_set_header X-Forwarded-For "";', 'proxy_set_header X-Forwarded-User "";', 'proxy_set_header Forwarded "";']));
  });

  test('of a route that sets one of these are once there', () => {
    const made = newRoute();
    made.route.setHeader('x-forwarded-for', HeaderValue.of('203.0.113.7'));

    expect(headersOf(made).filter((line) => /^x-forwarded-for /i.test(line))).toEqual(['x-forwarded-for 203.0.113.7']);
    expect(headersOf(made)).toEqual(expect.arrayContaining(['X-Real-IP ""', 'Forwarded ""']));
    expect(made.server()).not.toContain('include removed-headers.conf;');
  });

  test('of the caller are passed on with its address appended when it is asked for', () => {
    const made = newRoute({ forwardClientHeaders: true });

    expect(headersOf(made)).toEqual(['Host partner.example', 'X-Forwarded-For $proxy_add_x_forwarded_for', 'Proxy ""', 'Upgrade $gatehouse_upgrade', 'Connection $gatehouse_connection']);
    expect(made.server().join()).not.toContain('include');
  });

  test.each([
    ['Host', '\'name\' is "Host": the Host belongs to where the requests go: set \'host\' there'],
    ['transfer-encoding', '\'name\' is "transfer-encoding": that header belongs to the connection, which is the proxy\'s own'],
    ['X:A', '\'name\' is "X:A": the name of a header has 1..100 characters of A-Z, a-z, 0-9, "-" and "_"'],
  ])('cannot be %s', (name, reason) => {
    expect(() => newRoute().route.setHeader(name, HeaderValue.of('a'))).toThrow(reason);
    expect(() => newRoute().route.removeHeader(name)).toThrow(reason);
    expect(() => newRoute({ headers: { [name]: 'a' } })).toThrow(reason.replace('\'name\'', '\'headers\''));
  });

  test('are said once', () => {
    const { route } = newRoute({ headers: { 'X-A': 'a' } });
    route.removeHeader('X-B');
    route.setHeader('X-C', HeaderValue.fromSecretValue({ secret: kplus.Secret.fromSecretName(newChart(), 's', 'partner'), key: 'token' }));

    expect(() => route.setHeader('x-a', HeaderValue.of('b'))).toThrow('\'name\' is "x-a": "X-A" is set already, and case makes no difference: say it once');
    expect(() => route.setHeader('x-b', HeaderValue.of('b'))).toThrow('\'name\' is "x-b": "X-B" is removed already, and case makes no difference: say it once');
    expect(() => route.removeHeader('x-c')).toThrow('\'name\' is "x-c": "X-C" is set already, and case makes no difference: say it once');
    expect(() => newRoute({ headers: { 'X-A': 'a', 'x-a': 'b' } })).toThrow('\'headers\' is "x-a": "X-A" is set already, and case makes no difference: say it once');
  });

  test('have values', () => {
    expect(() => newRoute({ headers: { 'X-A': 'a\r\nb' } })).toThrow('\'headers[\'X-A\']\' is "a\\r\\nb": the value of a header has no line break, no other control character and no half character');
  });
});

describe('a header from a Secret', () => {
  const VALUE = 'c2VjcmV0-of-the-partner';

  /** A route with such a header, and the Secret itself in a chart of its own. */
  function withSecret(): Made {
    const made = newRoute();
    const secret = new kplus.Secret(new Chart(made.chart, 'secrets', { namespace: 'prod' }), 'partner', { metadata: { name: 'partner' }, stringData: { token: VALUE } });
    made.route.setHeader('Authorization', HeaderValue.fromSecretValue({ secret, key: 'token' }));
    return made;
  }

  test('is in no object of the proxy: neither in a ConfigMap nor in the pod\'s spec', () => {
    const { chart } = withSecret();

    expect(JSON.stringify(manifests(chart))).not.toContain(VALUE);
    expect(Object.values(nginxTexts(chart)).join()).not.toContain('Authorization');
  });

  test('is written by an init container of the same image, under the same restrictions', () => {
    const { chart } = withSecret();
    const { initContainers, containers: [nginx], volumes } = podSpec(chart) as ReturnType<typeof podSpec> & { initContainers: (typeof nginx)[] };
    const [init, ...others] = initContainers;

    expect(others).toEqual([]);
    expect(init).toMatchObject({ name: 'headers', image: nginx.image, imagePullPolicy: nginx.imagePullPolicy, securityContext: nginx.securityContext });
    expect(init.command.slice(-4)).toEqual(['partner', 'Authorization', 'partner', 'token']);
    expect(init.resources).toEqual({ requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '1', memory: '64Mi' } });
    expect(volumes).toEqual(expect.arrayContaining([
      { name: 'secrets', projected: { sources: [{ secret: { name: 'partner', items: [{ key: 'token', path: 'partner/token' }] } }] } },
      { name: 'headers', emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } },
    ]));
  });

  test('is included by the route, and nginx does not see the Secret itself', () => {
    const made = withSecret();
    const [{ volumeMounts }] = podSpec(made.chart).containers;

    expect(made.server()).toContain('include /etc/gatehouse/headers/partner.conf;');
    expect(made.main()).toContain('geo $gatehouse_dollar {');
    expect(volumeMounts).toContainEqual({ name: 'headers', mountPath: '/etc/gatehouse/headers', readOnly: true });
    expect(volumeMounts.map(({ name }) => name)).not.toContain('secrets');
  });

  test('replaces what the route would send itself', () => {
    const made = newRoute();
    made.route.setHeader('X-Real-IP', HeaderValue.fromSecretValue({ secret: kplus.Secret.fromSecretName(newChart(), 's', 'partner'), key: 'token' }));

    expect(headersOf(made).filter((line) => line.startsWith('X-Real-IP'))).toEqual([]);
    expect(made.server()).not.toContain('include removed-headers.conf;');
  });

  test('is not there in a proxy without one', () => {
    const pod = podSpec(newRoute().chart);

    expect(pod).not.toHaveProperty('initContainers');
    expect(pod.volumes.map(({ name }) => name)).toEqual(['config', 'run']);
  });

  test('is checked: the names of Secret and key', () => {
    const secret = kplus.Secret.fromSecretName(newChart(), 's', 'partner');

    expect(() => HeaderValue.fromSecretValue({ secret, key: '../token' })).toThrow('\'value.key\' is "../token": a key has 1..253 characters');
  });
});

describe('limits', () => {
  test('are of all pods together, of which each has its share', () => {
    const made = newRoute({ rateLimit: RateLimit.perSecond(10, { burst: 5 }), maxConnections: 7 });

    expect(linesOf(made.text())).toEqual(expect.arrayContaining([
      'limit_req_zone $server_name zone=partner_rate:64k rate=5r/s;', 'limit_conn_zone $server_name zone=partner_connections:64k;',
    ]));
    expect(made.server()).toEqual(expect.arrayContaining([
      'limit_req zone=partner_rate burst=2 nodelay;', 'limit_req_status 429;', 'limit_conn partner_connections 3;', 'limit_conn_status 429;',
    ]));
  });

  test('are shared by the most pods that the autoscaler starts', () => {
    const made = newRoute({ rateLimit: RateLimit.perSecond(12) }, { ...onNodes(NODE1, NODE2, NODE3), scaling: Scaling.auto({ min: 1, max: 3 }) });

    expect(made.text()).toContain('rate=4r/s');
  });

  test('of connections keep none open between requests, which the partner would count', () => {
    expect(valueOf(newRoute().upstream(), 'keepalive')).toBe('16');
    expect(valueOf(newRoute({ maxConnections: 7 }).upstream(), 'keepalive')).toBe('0');
    expect(valueOf(newRoute({ maxConnections: 7 }, { nginxVersion: '1.29.6' }).upstream(), 'keepalive')).toBeUndefined();
  });

  test.each([
    [{ rateLimit: RateLimit.perMinute(1) }, '\'rateLimit\' is "1 per minute": it is for all 2 pods together, and each needs at least 1 per minute'],
    [{ maxConnections: 1 }, '\'maxConnections\' is 1: it is for all 2 pods together, and each needs at least 1'],
    [{ maxConnections: 0 }, '\'maxConnections\' is 0: a whole number from 1 to 1000000 is expected'],
  ])('cannot be %j', (options, reason) => {
    expect(() => newRoute(options)).toThrow(reason);
  });
});

test('certificates that the proxy shows are mounted, and the pods start when they are there', () => {
  const clientCertificate = ClientCertificate.fromSecret(kplus.Secret.fromSecretName(newChart(), 's', 'identity'));
  const { chart } = newRoute({ scheme: Scheme.HTTPS, tls: UpstreamTls.verified({ clientCertificate }) });
  const pod = podSpec(chart);

  expect(pod.containers[0].volumeMounts).toContainEqual({ name: 'trust', mountPath: '/etc/gatehouse/trust', readOnly: true });
  expect(pod.volumes.find(({ name }) => name === 'trust')).toEqual({
    name: 'trust',
    projected: {
      sources: [
        { secret: { name: 'identity', items: [{ key: 'tls.crt', path: 'secret-identity/tls.crt' }] } },
        { secret: { name: 'identity', items: [{ key: 'tls.key', path: 'secret-identity/tls.key' }] } },
      ],
    },
  });
});

describe('unchecked directives', () => {
  test('stand at the end of the location as they are, marked and with the reason', () => {
    const made = newRoute();
    made.route.addUncheckedDirectives('proxy_ignore_client_abort on;', 'ticket NET-77');

    expect(made.text()).toContain('\n        # unchecked: ticket NET-77\nproxy_ignore_client_abort on;\n        # end of what is unchecked\n    }\n}\n');
  });

  test('are refused when they are not balanced, or without a reason', () => {
    const { route } = newRoute();

    expect(() => route.addUncheckedDirectives('} }', 'ticket')).toThrow('\'text\' is "} }": a "}" closes a block that the text did not open');
    expect(() => route.addUncheckedDirectives('gzip on;', '')).toThrow('\'reason\' is "": one line of text is expected');
  });
});

describe('the number of pods', () => {
  test('is one on each node of the pool', () => {
    const chart = chartWith(onNodes(NODE1, NODE2, NODE3));

    expect(deployment(chart).spec.replicas).toBe(3);
    expect(manifests(chart, 'HorizontalPodAutoscaler')).toEqual([]);
  });

  test('can be fewer', () => {
    expect(deployment(chartWith({ ...onNodes(NODE1, NODE2, NODE3), scaling: Scaling.of(2) })).spec.replicas).toBe(2);
  });

  test('can be left to an autoscaler, whose number no apply overwrites', () => {
    const chart = chartWith({ ...onNodes(NODE1, NODE2, NODE3), scaling: Scaling.auto({ min: 2, max: 3, cpuUtilization: 75 }) });
    const [{ apiVersion, metadata, spec }] = manifests(chart, 'HorizontalPodAutoscaler');

    expect(deployment(chart).spec).not.toHaveProperty('replicas');
    expect([apiVersion, metadata.name, metadata.namespace]).toEqual(['autoscaling/v2', 'egress', 'prod']);
    expect(spec).toEqual({
      minReplicas: 2,
      maxReplicas: 3,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'egress' },
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 75 } } }],
    });
  });

  test.each([[undefined], [Scaling.of(2)], [Scaling.auto({ max: 2 })]])('is none in maintenance, and nobody scales it up', (scaling) => {
    const chart = chartWith({ scaling, maintenance: true });

    expect(deployment(chart).spec.replicas).toBe(0);
    expect(manifests(chart, 'HorizontalPodAutoscaler')).toEqual([]);
    expect(manifests(chart, 'Service')).toHaveLength(1);
  });

  test.each([[Scaling.of(3)], [Scaling.auto({ max: 3 })]])('cannot be above that of the nodes', (scaling) => {
    expect(() => chartWith({ scaling })).toThrow('\'scaling\' is 3: the pool has 2 nodes, and two pods never run on one node: at most 2');
  });

  test('with one pod needs no rule that keeps pods apart, and the next one comes before it goes', () => {
    const chart = chartWith({ scaling: Scaling.of(1) });

    expect(podSpec(chart)).not.toHaveProperty('affinity');
    expect(deployment(chart).spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
  });

  test('may go down by one in a drain, also on a pool of one node, which would block the drain otherwise', () => {
    [chartWith({}), chartWith(onNodes(NODE1))].forEach((chart) => {
      expect(manifests(chart, 'PodDisruptionBudget')[0].spec).toMatchObject({ maxUnavailable: 1 });
    });
  });
});

describe('placement', () => {
  test('tolerates taints', () => {
    const tolerations = [kplus.NodeTaintQuery.is('dedicated', 'egress', { effect: kplus.TaintEffect.NO_SCHEDULE }), kplus.NodeTaintQuery.exists('gpu')];

    expect(podSpec(chartWith({ tolerations }))).toMatchObject({
      tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'egress', effect: 'NoSchedule' }, { key: 'gpu', operator: 'Exists' }],
    });
    expect(podSpec(chartWith({}))).not.toHaveProperty('tolerations');
  });

  test('asks for labels besides that of the pool', () => {
    expect(podSpec(chartWith({ nodeSelector: { 'zone': 'dmz', 'cluster.k8s/egress': 'enabled' } })).nodeSelector).toEqual({ 'cluster.k8s/egress': 'enabled', 'zone': 'dmz' });
  });

  test.each([
    [{ 'a b': 'c' }, '\'nodeSelector\' is "a b": the key of a label is "name" or "dns.name/name", such as "cluster.k8s/egress"'],
    [{ zone: 'a b' }, '\'nodeSelector[\'zone\']\' is "a b": the value of a label has 1..63 characters of A-Z, a-z, 0-9 and . _ -'],
    [{ 'cluster.k8s/egress': 'other' },
      '\'nodeSelector[\'cluster.k8s/egress\']\' is "other": the nodes of the pool carry "enabled": leave it out, or make a pool of that label'],
  ])('refuses the labels %j', (nodeSelector, reason) => {
    expect(() => chartWith({ nodeSelector })).toThrow(reason);
  });

  test('takes the label of any pool', () => {
    const nodes = new NodePool(newChart(), 'dmz', { labelKey: 'zone', labelValue: 'dmz', nodes: [NODE1] });

    expect(podSpec(chartWith({ nodes })).nodeSelector).toEqual({ zone: 'dmz' });
  });

  test('has a priority class', () => {
    expect(podSpec(chartWith({ priorityClassName: 'important' }))).toMatchObject({ priorityClassName: 'important' });
    expect(podSpec(chartWith({}))).not.toHaveProperty('priorityClassName');
    expect(() => chartWith({ priorityClassName: 'Important' })).toThrow('\'priorityClassName\' is "Important": the name of an object has 1..253 characters');
  });

  test('adds to what the user says of affinity, and does not replace it', () => {
    // GIVEN
    const { chart, proxy } = newRoute();
    proxy.deployment.scheduling.attract(kplus.Node.labeled(kplus.NodeLabelQuery.is('disk', 'ssd')));
    proxy.deployment.scheduling.separate(kplus.Pods.select(chart, 'noisy', { labels: { app: 'noisy' } }));

    // WHEN
    const { affinity, nodeSelector } = podSpec(chart);

    // THEN
    expect(affinity?.nodeAffinity).toEqual({
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] }] },
    });
    expect(affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toEqual([
      { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'noisy' } } },
      { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: deployment(chart).spec.selector.matchLabels } },
    ]);
    expect(nodeSelector).toEqual({ 'cluster.k8s/egress': 'enabled' });
  });
});

describe('the image', () => {
  test('is pulled with the Secrets that are given', () => {
    const scope = newChart();
    const imagePullSecrets = ['mirror', 'other'].map((name) => kplus.Secret.fromSecretName(scope, name, name));

    expect(podSpec(chartWith({ imagePullSecrets }))).toMatchObject({ imagePullSecrets: [{ name: 'mirror' }, { name: 'other' }] });
    expect(podSpec(chartWith({}))).not.toHaveProperty('imagePullSecrets');
  });

  test('is not pulled with a Secret that has no name', () => {
    const imagePullSecrets = [kplus.Secret.fromSecretName(newChart(), 's', 'Mirror')];

    expect(() => chartWith({ imagePullSecrets })).toThrow('\'imagePullSecrets[0]\' is "Mirror": the name of an object has 1..253 characters');
  });

  test.each([[undefined, 'IfNotPresent'], [kplus.ImagePullPolicy.ALWAYS, 'Always'], [kplus.ImagePullPolicy.NEVER, 'Never']])('is pulled with the policy %s as %s', (imagePullPolicy, policy) => {
    expect(podSpec(chartWith({ imagePullPolicy })).containers[0].imagePullPolicy).toBe(policy);
  });
});

describe('the resources', () => {
  const resourcesOf = (routes: number) => {
    const chart = newChart();
    const proxy = newEgress(chart);
    Array.from({ length: routes }, (_, i) => proxy.addRoute(`route-${i}`, HTTP));
    return podSpec(chart).containers[0].resources;
  };

  test('come from the number of routes', () => {
    expect(resourcesOf(0)).toEqual({ requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '1', memory: '256Mi' } });
    expect(resourcesOf(250)).toEqual({ requests: { cpu: '100m', memory: '96Mi' }, limits: { cpu: '1', memory: '320Mi' } });
  });

  test.each([
    [kplus.Cpu.millis(200), '200m', '1'],
    [kplus.Cpu.millis(1000), '1', '1'],
    [kplus.Cpu.units(1.5), '1500m', '2'],
    [kplus.Cpu.units(4), '4', '4'],
  ])('that are given are stated as the API server writes them, and nginx has a worker for each CPU of the limit', (limit, cpu, workers) => {
    const made = newRoute({}, { resources: { cpu: { limit }, memory: { limit: Size.gibibytes(1) } } });

    expect(podSpec(made.chart).containers[0].resources).toEqual({ limits: { cpu, memory: '1Gi' } });
    expect(valueOf(made.main(), 'worker_processes')).toBe(workers);
  });
});

describe('a route refuses', () => {
  test('a scheme and a retry policy that are none', () => {
    expect(() => newRoute({ scheme: 'ftp' as Scheme })).toThrow('\'scheme\' is "ftp": "http" or "https" is expected');
    expect(() => newRoute({ retry: 'twice' as RetryPolicy })).toThrow('\'retry\' is "twice": "never" or "idempotent" or "all" is expected');
  });
});

test('an autoscaler needs a CPU request to measure by', () => {
  const resources = { memory: { limit: Size.mebibytes(128) } };

  expect(() => newEgress(newChart(), { scaling: Scaling.auto({ max: 2 }), resources })).toThrow(
    '\'resources.cpu\' is not given: an autoscaler measures the CPU in percent of what is requested: state a request or a limit');
});
