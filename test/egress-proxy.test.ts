import { dirname } from 'path';
import { App, AppProps, Chart, Size, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { CaBundle, EgressProxy, EgressProxyProps, EgressRouteOptions, Scheme, UpstreamTls } from '../lib';
import { egressNodes, newChart, newEgress, NODE1, NODE2 } from './support/constructs';
import { contentsBelow, temporaryFolder } from './support/folders';
import { deployment, Manifest, manifests, nginxTexts, podSpec, VolumeSource } from './support/manifests';
import { blocks, linesOf, valueOf } from './support/nginx-text';
import { OUTPUT_TYPES } from './support/output-types';

const HTTP: EgressRouteOptions = { scheme: Scheme.HTTP, targets: ['203.0.113.1'] };

/** A chart with a proxy and some plain routes. */
function withRoutes(names: string[], props: Partial<EgressProxyProps> = {}): Chart {
  const chart = newChart();
  const egress = newEgress(chart, props);
  names.forEach((name) => egress.addRoute(name, HTTP));
  return chart;
}

/** A chart as main.ts has it: two routes, one of them https with a CA of its own. */
function newSite(app?: App): { chart: Chart; egress: EgressProxy } {
  const chart = newChart(app);
  const egress = newEgress(chart);
  const ca = CaBundle.fromConfigMap(kplus.ConfigMap.fromConfigMapName(chart, 'root-ca', 'root-ca'));
  egress.addRoute('dashboard', { scheme: Scheme.HTTPS, host: 'dashboard.cluster.k8s', targets: ['10.10.20.21', '10.10.20.22'], tls: UpstreamTls.verified({ ca }) });
  egress.addRoute('nexus', { scheme: Scheme.HTTP, host: 'mirror.cluster.k8s', targets: ['10.10.20.0'] });
  return { chart, egress };
}

const byName = (chart: Chart) => new Map(manifests(chart).map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest]));
const routeNames = (count: number) => Array.from({ length: count }, (_, i) => `route-${i}`);

describe('a proxy is', () => {
  test('a Deployment, a disruption budget, ConfigMaps, and a Service for each route', () => {
    const names = [...byName(newSite().chart).keys()].map((name) => name.replace(/[0-9a-f]{10}$/, '<hash>'));

    expect(names).toEqual([
      'ConfigMap egress-<hash>',
      'Deployment egress',
      'PodDisruptionBudget egress',
      'Service dashboard',
      'ConfigMap egress-routes-1-<hash>',
      'Service nexus',
    ]);
  });

  test('a Deployment that runs without any route', () => {
    const chart = withRoutes([]);

    expect(podSpec(chart).containers[0].ports.map(({ name }) => name)).toEqual(['health']);
    expect(nginxTexts(chart)['nginx.conf']).not.toContain('include');
  });

  test('a kplus.Deployment that can be changed like any other', () => {
    const { chart, egress } = newSite();
    egress.deployment.podMetadata.addAnnotation('example.com/team', 'network');

    expect(egress.deployment).toBeInstanceOf(kplus.Deployment);
    expect(JSON.stringify(deployment(chart))).toContain('"annotations":{"example.com/team":"network"}');
  });

  test('in the namespace of its chart, with labels that say what belongs to it', () => {
    manifests(newSite().chart).forEach(({ metadata }) => {
      expect(metadata.namespace).toBe('prod');
      expect(metadata.labels).toEqual({
        'app.kubernetes.io/name': 'egress-proxy',
        'app.kubernetes.io/instance': 'egress',
        'app.kubernetes.io/managed-by': 'cdk8s-gatehouse',
      });
    });
  });
});

describe('the pods', () => {
  test('run one on each node of the pool, and never two on one', () => {
    const chart = withRoutes(['a']);

    expect(deployment(chart).spec.replicas).toBe(2);
    expect(podSpec(chart).nodeSelector).toEqual({ 'cluster.k8s/egress': 'enabled' });
    expect(podSpec(chart).affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toEqual([{
      topologyKey: 'kubernetes.io/hostname',
      labelSelector: { matchLabels: deployment(chart).spec.selector.matchLabels },
    }]);
  });

  test('are replaced one after the other, without one more than there are nodes', () => {
    expect(deployment(withRoutes(['a'])).spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } });
  });

  test('with one node are one, which the next one may stand beside during a rollout', () => {
    const chart = newChart();
    newEgress(chart, { nodes: egressNodes(chart, [NODE1]) }).addRoute('a', HTTP);

    expect(deployment(chart).spec.replicas).toBe(1);
    expect(deployment(chart).spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
    expect(podSpec(chart).affinity).toBeUndefined();
  });

  test('are evicted one at a time', () => {
    const [budget] = manifests(withRoutes(['a']), 'PodDisruptionBudget');

    expect(budget.spec).toEqual({
      maxUnavailable: 1,
      selector: { matchLabels: { 'app.kubernetes.io/name': 'egress-proxy', 'app.kubernetes.io/instance': 'egress' } },
    });
  });

  test('have no privileges and a read-only root, and see no variables of Services', () => {
    const { containers, ...pod } = podSpec(withRoutes(['a']));

    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { runAsNonRoot: true, runAsUser: 101, runAsGroup: 101, fsGroup: 101, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, privileged: false, readOnlyRootFilesystem: true, runAsNonRoot: true,
    });
  });

  test('write to an emptyDir only, where nginx has its pid file and all five temporary folders', () => {
    const chart = withRoutes(['a']);
    const [{ volumeMounts }] = podSpec(chart).containers;
    const lines = linesOf(nginxTexts(chart)['nginx.conf']);

    expect(volumeMounts.filter(({ readOnly }) => !readOnly)).toEqual([{ name: 'run', mountPath: '/tmp/nginx' }]);
    expect(podSpec(chart).volumes.find(({ name }) => name === 'run')).toEqual({ name: 'run', emptyDir: {} });
    const written = lines.filter((line) => /^(pid|\w+_temp_path) /.test(line)).map((line) => line.split(/[ ;]/)[1]);
    expect(written.map(dirname)).toEqual(new Array(6).fill('/tmp/nginx'));
    expect(lines).toEqual(expect.arrayContaining(['error_log stderr warn;', 'access_log /dev/stdout gatehouse buffer=4k flush=1s;']));
    expect(lines.some((line) => line.startsWith('user '))).toBe(false);
  });

  test('mount their configuration as a folder and start nginx with it', () => {
    const [{ command, volumeMounts }] = podSpec(withRoutes(['a'])).containers;

    expect(command).toEqual(['nginx', '-e', 'stderr', '-c', '/etc/gatehouse/nginx/nginx.conf']);
    expect(volumeMounts).toContainEqual({ name: 'config', mountPath: '/etc/gatehouse/nginx', readOnly: true });
    expect(JSON.stringify(volumeMounts)).not.toContain('subPath');
  });

  test('are asked by their own health port how they are', () => {
    const [{ ports, startupProbe, readinessProbe, livenessProbe }] = podSpec(withRoutes(['a'])).containers;
    const httpGet = { path: '/healthz', port: 8081, scheme: 'HTTP' };

    expect(ports[0]).toEqual({ name: 'health', containerPort: 8081, protocol: 'TCP' });
    expect(startupProbe).toMatchObject({ httpGet, periodSeconds: 1, failureThreshold: 60 });
    expect(readinessProbe).toMatchObject({ httpGet, periodSeconds: 5, failureThreshold: 3 });
    expect(livenessProbe).toMatchObject({ httpGet, periodSeconds: 10, failureThreshold: 6 });
  });

  test('go on serving for ten seconds when they end, and then let running requests end', () => {
    const chart = withRoutes(['a']);
    const { containers: [{ lifecycle }], terminationGracePeriodSeconds } = podSpec(chart);

    expect(lifecycle.preStop.exec.command.slice(0, 2)).toEqual(['/bin/sh', '-c']);
    expect(lifecycle.preStop.exec.command[2]).toMatch(/^sleep 10; kill -QUIT "\$\(cat \/tmp\/nginx\/nginx\.pid\)"; while \[ -e \/tmp\/nginx\/nginx\.pid \]; do sleep 1; done$/);
    expect(terminationGracePeriodSeconds).toBe(10 + 60 + 5);
    expect(valueOf(linesOf(nginxTexts(chart)['nginx.conf']), 'worker_shutdown_timeout')).toBe('60s');
  });
});

describe('by default', () => {
  test('the image is nginx 1.30, pulled when a node has it not', () => {
    const chart = withRoutes(['a']);
    const [{ image, imagePullPolicy }] = podSpec(chart).containers;

    expect([image, imagePullPolicy]).toEqual(['nginx:1.30', 'IfNotPresent']);
    expect(nginxTexts(chart)['nginx.conf']).toContain('keepalive_min_timeout');
  });

  test('CPU and memory come from the number of routes, and nginx has one worker', () => {
    const chart = withRoutes(['a']);

    expect(podSpec(chart).containers[0].resources).toEqual({ requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '1', memory: '256Mi' } });
    expect(valueOf(linesOf(nginxTexts(chart)['nginx.conf']), 'worker_processes')).toBe('1');
  });

  test('there is room for 4096 connections besides the listeners', () => {
    const connections = (count: number) => valueOf(linesOf(nginxTexts(withRoutes(routeNames(count)))['nginx.conf']), 'worker_connections');

    expect(connections(1)).toBe(String(4096 + 2));
    expect(connections(150)).toBe(String(4096 + 151));
  });
});

describe('props', () => {
  const containerOf = (props: Partial<EgressProxyProps>) => podSpec(withRoutes(['a'], props)).containers[0];
  const mainOf = (props: Partial<EgressProxyProps>) => linesOf(nginxTexts(withRoutes(['a'], props))['nginx.conf']);

  test('image and pull policy', () => {
    const { image, imagePullPolicy } = containerOf({ image: 'mirror.cluster.k8s/library/nginx:1.28.3-alpine', imagePullPolicy: kplus.ImagePullPolicy.ALWAYS });

    expect([image, imagePullPolicy]).toEqual(['mirror.cluster.k8s/library/nginx:1.28.3-alpine', 'Always']);
  });

  test.each([
    [{ image: 'nginx:1.27.3' }, false],
    [{ image: 'nginx:1.27.4-alpine' }, true],
    [{ image: 'nginx:v1.30' }, true],
    [{ image: 'site-nginx:2024-11', nginxVersion: '1.24' }, false],
    [{ image: 'site-nginx', nginxVersion: '1.30' }, true],
    [{ image: 'nginx:1.30', nginxVersion: '1.25' }, false],
  ])('the version is the image\'s, or the one that is given: %j', (props, hasNewFeature) => {
    expect(mainOf(props).some((line) => line.startsWith('keepalive_min_timeout '))).toBe(hasNewFeature);
  });

  test('resources, in the spelling of the API server, and a worker for each CPU', () => {
    const memory = { request: Size.mebibytes(1024), limit: Size.mebibytes(2048) };
    const resources: kplus.ContainerResources = { cpu: { limit: kplus.Cpu.millis(2000) }, memory };

    expect(containerOf({ resources }).resources).toEqual({ requests: { memory: '1Gi' }, limits: { cpu: '2', memory: '2Gi' } });
    expect(valueOf(mainOf({ resources }), 'worker_processes')).toBe('2');
  });

  test('the file of the authorities in the image', () => {
    const chart = newChart();
    newEgress(chart, { systemCaFile: '/etc/pki/tls/cert.pem' }).addRoute('a', { ...HTTP, scheme: Scheme.HTTPS, host: 'a.example' });

    expect(valueOf(linesOf(nginxTexts(chart)['nginx.conf']), 'proxy_ssl_trusted_certificate')).toBe('/etc/pki/tls/cert.pem');
  });

  test('the name is that of the Deployment, the prefix of the ConfigMaps and the label of the pods', () => {
    const chart = withRoutes(['a'], { name: 'way-out' });

    expect(deployment(chart).metadata.name).toBe('way-out');
    expect(deployment(chart).spec.selector.matchLabels['app.kubernetes.io/instance']).toBe('way-out');
    manifests(chart, 'ConfigMap').forEach(({ metadata }) => expect(metadata.name).toMatch(/^way-out-(routes-1-)?[0-9a-f]{10}$/));
  });

  test('nodes with IPv6 addresses make nginx listen on IPv6 too', () => {
    const chart = newChart();
    newEgress(chart, { nodes: egressNodes(chart, [{ name: 'node1', address: '2001:db8::1' }]) }).addRoute('a', HTTP);
    const listens = Object.values(nginxTexts(chart)).flatMap((text) => blocks(text, 'server')).map((lines) => lines.filter((line) => line.startsWith('listen ')));

    listens.forEach(([v4, v6]) => expect(v6).toBe(v4.replace('listen ', 'listen [::]:')));
    expect(valueOf(linesOf(nginxTexts(chart)['nginx.conf']), 'worker_connections')).toBe(String(4096 + 4));
  });
});

describe('the objects agree:', () => {
  const { chart } = newSite();
  const { spec: { template, selector } } = deployment(chart);
  const [container] = template.spec.containers;
  const services = manifests(chart, 'Service');
  const configMaps = manifests(chart, 'ConfigMap');

  test('each Service finds a container port by its name, and nginx listens on that port', () => {
    const servers = blocks(nginxTexts(chart)['routes-1.conf'], 'server');

    services.forEach(({ metadata, spec: { ports: [{ targetPort }] } }) => {
      const port = container.ports.find(({ name }) => name === targetPort);
      const server = servers.find((lines) => lines.includes(`server_name ${metadata.name};`));
      expect(server).toContain(`listen ${port?.containerPort} default_server;`);
    });
    expect(services).toHaveLength(2);
  });

  test('ports of the container are unique, in number and name, and are all listened on', () => {
    const text = Object.values(nginxTexts(chart)).join('\n');

    expect(new Set(container.ports.map(({ name }) => name)).size).toBe(container.ports.length);
    expect(new Set(container.ports.map(({ containerPort }) => containerPort)).size).toBe(container.ports.length);
    container.ports.forEach(({ containerPort }) => expect(linesOf(text)).toContain(`listen ${containerPort} default_server;`));
  });

  test('the selectors of Deployment and Services are labels of the pods, and are none of the construct\'s path', () => {
    [selector.matchLabels, ...services.map(({ spec }) => spec.selector)].forEach((labels) => {
      expect(template.metadata.labels).toMatchObject(labels);
      expect(labels).toEqual({ 'app.kubernetes.io/name': 'egress-proxy', 'app.kubernetes.io/instance': 'egress' });
    });
    expect(template.metadata.labels['cdk8s.io/metadata.addr']).toBe('egress');
  });

  test('each mount has a volume and each volume a mount', () => {
    expect(container.volumeMounts.map(({ name }) => name).sort()).toEqual(template.spec.volumes.map(({ name }) => name).sort());
  });

  test('the volume of the configuration holds all ConfigMaps of the proxy by the names that they have', () => {
    const sources = template.spec.volumes.find(({ name }) => name === 'config')?.projected?.sources ?? [];

    expect(sources).toEqual(configMaps.map(({ metadata: { name } }) => ({ configMap: { name } })));
  });

  test('each file but nginx.conf is included by another, and all that is included lies beside it', () => {
    const included = Object.values(nginxTexts(chart)).flatMap(linesOf).filter((line) => line.startsWith('include ')).map((line) => line.slice(8, -1));
    const files = configMaps.flatMap(({ data }) => Object.keys(data));

    expect(new Set(['nginx.conf', ...included])).toEqual(new Set(files));
    expect(new Set(files).size).toBe(files.length);
  });

  test('each file of trusted certificates is in the volume', () => {
    const files = linesOf(nginxTexts(chart)['routes-1.conf']).filter((line) => line.startsWith('proxy_ssl_trusted_certificate ')).map((line) => line.split(/[ ;]/)[1]);
    const sources: VolumeSource[] = template.spec.volumes.find(({ name }) => name === 'trust')?.projected?.sources ?? [];
    const mounted = sources.flatMap(({ configMap, secret }) => [...(configMap?.items ?? []), ...(secret?.items ?? [])]).map(({ path }) => `/etc/gatehouse/trust/${path}`);

    expect(mounted).toEqual(files);
    expect(mounted).toHaveLength(1);
  });

  test('ConfigMaps are immutable, and their names change with their content and only with it', () => {
    // GIVEN
    const names = (description: string) => {
      const other = newChart();
      newEgress(other).addRoute('a', { ...HTTP, description });
      return manifests(other, 'ConfigMap').map(({ metadata: { name } }) => name);
    };

    // THEN
    configMaps.forEach(({ immutable }) => expect(immutable).toBe(true));
    expect(names('one')).toEqual(names('one'));
    expect(names('one')[0]).toBe(names('two')[0]);
    expect(names('one')[1]).not.toBe(names('two')[1]);
  });
});

describe('identity', () => {
  /** A site in which the proxy is at the end of a path. */
  function siteAt(path: string[], id: string, name?: string): Map<string, Manifest> {
    const chart = newChart();
    const scope = path.reduce<Construct>((parent, child) => new Construct(parent, child), chart);
    const egress = new EgressProxy(scope, id, { nodes: egressNodes(chart, [NODE1, NODE2]), name });
    egress.addRoute('dashboard', { scheme: Scheme.HTTPS, host: 'dashboard.cluster.k8s', targets: ['10.10.20.21'] });
    egress.addRoute('nexus', HTTP);
    return byName(chart);
  }

  test('all objects stay what they are when a parent is renamed or the proxy is moved', () => {
    expect(siteAt(['network'], 'egress')).toEqual(siteAt([], 'egress'));
    expect(siteAt(['network', 'gates'], 'egress')).toEqual(siteAt(['net'], 'egress'));
  });

  test('all objects stay what they are when a proxy that keeps its name is renamed', () => {
    expect(siteAt([], 'way-out', 'egress')).toEqual(siteAt([], 'egress'));
  });

  test('all objects stay what they are when the chart is renamed', () => {
    const inChart = (id: string) => {
      const chart = new Chart(Testing.app(), id, { namespace: 'prod' });
      newEgress(chart).addRoute('a', HTTP);
      return manifests(chart);
    };

    expect(inChart('other')).toEqual(inChart('traffic'));
  });

  test('no object carries the path of the construct or a hash of it', () => {
    expect(JSON.stringify(manifests(newSite().chart))).not.toMatch(/traffic|-c8[0-9a-f]{6}/);
  });
});

test('a route in front changes only the ConfigMaps and the Deployment, and renumbers no port', () => {
  // GIVEN
  const [before, after] = [withRoutes(['dashboard', 'nexus']), withRoutes(['billing', 'dashboard', 'nexus'])];

  // WHEN
  const [old, now] = [byName(before), byName(after)];
  const changed = [...now.keys()].filter((name) => JSON.stringify(now.get(name)) !== JSON.stringify(old.get(name)));

  // THEN
  expect(changed.map((name) => name.replace(/[0-9a-f]{10}$/, '<hash>')).sort())
    .toEqual(['ConfigMap egress-<hash>', 'ConfigMap egress-routes-1-<hash>', 'Deployment egress', 'Service billing']);
  expect([...old.keys()].filter((name) => !now.has(name)).every((name) => name.startsWith('ConfigMap '))).toBe(true);
  expect(podSpec(after).containers[0].ports).toEqual(expect.arrayContaining(podSpec(before).containers[0].ports));
});

describe('101 routes', () => {
  /** A synthesized App, with all text that it wrote. */
  function synthesized(props: AppProps): { chart: Chart; output: string } {
    const outdir = temporaryFolder();
    const app = new App({ outdir, ...props });
    const chart = newChart(app);
    const egress = newEgress(chart);
    routeNames(101).forEach((name) => egress.addRoute(name, { ...HTTP, scheme: Scheme.HTTPS, host: `${name}.partner.example`, description: `ways & means <${name}>` }));
    app.synth();
    return { chart, output: Object.values(contentsBelow(outdir)).join('\n') };
  }

  test.each(OUTPUT_TYPES)('are in two files of which none is lost with %s', (_, yamlOutputType) => {
    const { chart, output } = synthesized({ yamlOutputType });
    const configMaps = manifests(chart, 'ConfigMap');

    expect(configMaps.map(({ data }) => Object.keys(data))).toEqual([expect.arrayContaining(['nginx.conf']), ['routes-1.conf'], ['routes-2.conf']]);
    configMaps.forEach(({ metadata: { name } }) => expect(output.split('\n').filter((line) => line === `  name: ${name}`)).toHaveLength(1));
    routeNames(101).forEach((name) => expect(output).toContain(`server_name ${name};`));
    expect(output.match(/^kind: Service$/gm)).toHaveLength(101);
  });

  test('are 100 in the first file and one in the second', () => {
    const texts = nginxTexts(synthesized({}).chart);

    expect(['routes-1.conf', 'routes-2.conf'].map((file) => blocks(texts[file], 'server').length)).toEqual([100, 1]);
    expect(linesOf(texts['nginx.conf']).filter((line) => line.startsWith('include '))).toEqual(['include routes-1.conf;', 'include routes-2.conf;']);
  });

  test('are objects that plain kubectl apply can store in their annotation', () => {
    manifests(synthesized({}).chart).forEach((manifest) => {
      const stored = JSON.stringify(manifest).replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
      expect(Buffer.byteLength(stored)).toBeLessThan(262_144);
    });
  });

  test('are the same bytes when they are synthesized twice', () => {
    const app = Testing.app();
    const egress = newEgress(newChart(app));
    routeNames(101).forEach((name) => egress.addRoute(name, HTTP));
    app.synth();
    const first = contentsBelow(app.outdir);
    app.synth();

    expect(contentsBelow(app.outdir)).toEqual(first);
  });
});

test('a route that is added after a synth is in the next one', () => {
  // GIVEN
  const { chart, egress } = newSite();
  const before = podSpec(chart).containers[0].ports.length;

  // WHEN
  egress.addRoute('billing', HTTP);

  // THEN
  expect(podSpec(chart).containers[0].ports).toHaveLength(before + 1);
  expect(nginxTexts(chart)['routes-1.conf']).toContain('upstream billing {');
});

test('the routes are those that were added, in their order, in a copy', () => {
  const { egress } = newSite();

  egress.routes.pop();

  expect(egress.routes.map(({ name }) => name)).toEqual(['dashboard', 'nexus']);
});

test('two proxies are apart in everything but the namespace', () => {
  // GIVEN
  const chart = newChart();
  newEgress(chart, {}, 'first').addRoute('a', HTTP);
  newEgress(chart, {}, 'second').addRoute('b', HTTP);

  // THEN
  const selectors = manifests(chart, 'Service').map(({ spec }) => spec.selector['app.kubernetes.io/instance']);
  expect(selectors).toEqual(['first', 'second']);
  expect(manifests(chart, 'Deployment').map(({ metadata: { name } }) => name)).toEqual(['first', 'second']);
});

describe('the server of the pods\' health', () => {
  const [server] = blocks(nginxTexts(withRoutes(['a']))['nginx.conf'], 'server');

  test('answers probes, and its numbers to the pod alone', () => {
    expect(server).toEqual([
      'server {', 'listen 8081 default_server;', 'access_log off;',
      'location = /healthz {', 'return 204;', '}',
      'location = /status {', 'stub_status;', 'allow 127.0.0.1;', 'deny all;', '}',
      'location / {', 'return 404;', '}', '}',
    ]);
  });
});

describe('nginx.conf', () => {
  const lines = linesOf(nginxTexts(withRoutes(['a']))['nginx.conf']);

  test('logs a JSON object a line: which route, which target, times and statuses', () => {
    const format = /^log_format gatehouse escape=json '(.*)';$/.exec(lines.find((line) => line.startsWith('log_format')) ?? '')?.[1] ?? '';
    const fields = JSON.parse(format.replace(/:\$(\w+)/g, ':"$1"')) as object;

    expect(Object.keys(fields)).toEqual([
      'time', 'route', 'client', 'host', 'method', 'uri', 'protocol', 'status', 'request_bytes', 'response_bytes', 'request_time', 'target', 'target_status',
      'target_connect_time', 'target_header_time', 'target_response_time', 'user_agent', 'request_id',
    ]);
  });

  test('passes headers with underscores, which partners use', () => {
    expect(lines).toContain('underscores_in_headers on;');
  });

  test('says nothing about TLS to targets when no route has it', () => {
    expect(lines.join()).not.toContain('proxy_ssl');
  });

  test('stays in the foreground', () => {
    expect(lines).toContain('daemon off;');
  });
});

describe('refuses', () => {
  const egress = (props: Partial<EgressProxyProps>) => () => newEgress(newChart(), props);

  test.each(['Egress', 'a_b', '', 'a'.repeat(41)])('the name %j', (name) => {
    expect(egress({ name })).toThrow(
      `'name' is ${JSON.stringify(name)}: the name has 1..40 characters of a-z, 0-9 and "-", and starts and ends with a letter or a digit; without 'name' it is the construct's id`);
  });

  test('an id that is no name, when there is no name', () => {
    expect(() => newEgress(newChart(), {}, 'Egress')).toThrow('\'name\' is "Egress": the name has 1..40 characters');
  });

  test.each(['NGINX', 'nginx:', 'nginx 1.30'])('the image %j', (image) => {
    expect(egress({ image })).toThrow(`'image' is "${image}": an image is "name", "name:tag" or "registry/path/name:tag"`);
  });

  test.each(['nginx', 'nginx:latest', 'nginx:stable-alpine', `nginx@sha256:${'0'.repeat(64)}`])('the image %s without a version', (image) => {
    expect(egress({ image })).toThrow(`'nginxVersion' is not given: the tag of image "${image}" names no version: set it to the version in the image`);
  });

  test('nginx below 1.24', () => {
    expect(egress({ image: 'nginx:1.22.1' })).toThrow('\'image\' is "1.22.1": the lowest version that is supported here is 1.24');
    expect(egress({ nginxVersion: '1.23.4' })).toThrow('\'nginxVersion\' is "1.23.4": the lowest version that is supported here is 1.24');
    expect(egress({ nginxVersion: 'stable' })).toThrow('\'nginxVersion\' is "stable": an nginx version is "1.24" or "1.24.0"');
  });

  test('a file of authorities that is no absolute path', () => {
    expect(egress({ systemCaFile: 'certs/ca.pem' })).toThrow('\'systemCaFile\' is "certs/ca.pem": an absolute path is expected');
  });

  test('two proxies of one name in a namespace, also in different charts, naming the other', () => {
    // GIVEN
    const app = Testing.app();
    newEgress(newChart(app));
    const another = (id: string, namespace: string) => () => newEgress(new Chart(app, id, { namespace }), { name: 'egress' }, 'way-out');

    // THEN
    expect(another('same', 'prod')).toThrow('\'name\' is "egress": "traffic/egress" has that name already in namespace prod: give one of them another');
    expect(another('other', 'dev')).not.toThrow();
  });

  test('two proxies of one name where there is no namespace', () => {
    const chart = new Chart(Testing.app(), 'traffic');
    newEgress(chart);

    expect(() => newEgress(chart, { name: 'egress' }, 'way-out')).toThrow('\'name\' is "egress": "traffic/egress" has that name already: give one of them another');
  });

  test('two routes of one name in a namespace, also of two proxies, naming the other', () => {
    // GIVEN
    const chart = newChart();
    const [first, second] = [newEgress(chart, {}, 'first'), newEgress(chart, {}, 'second')];
    first.addRoute('dashboard', HTTP);

    // THEN
    const reason = '\'name\' is "dashboard": "traffic/first/dashboard" has that name already in namespace prod: give one of them another';
    expect(() => first.addRoute('dashboard', HTTP)).toThrow(reason);
    expect(() => second.addRoute('dashboard', HTTP)).toThrow(reason);
  });

  test('a Service of somebody else with the name of a route', () => {
    // GIVEN
    const { chart } = newSite();
    new kplus.Service(chart, 'mine', { metadata: { name: 'nexus' }, ports: [{ port: 80 }] });

    // THEN
    expect(() => manifests(chart)).toThrow('Service nexus of "traffic/mine/Resource" has the name of a route, "traffic/egress/nexus": give one of them another');
  });

  test('ConfigMaps that are too large for plain kubectl apply', () => {
    // GIVEN
    const chart = newChart();
    const proxy = newEgress(chart);
    const targets = Array.from({ length: 50 }, (_, i) => `203.0.113.${i}`);
    routeNames(100).forEach((name) => proxy.addRoute(name, { ...HTTP, targets, host: 'partner.example' }));

    // THEN
    expect(() => manifests(chart)).toThrow(
      /\[traffic\/egress\] ConfigMap egress-routes-1-[0-9a-f]{10} has \d{6} bytes, and plain 'kubectl apply' takes at most 250000: its routes have too long texts/);
  });
});

describe('a proxy refuses resources', () => {
  const proxy = (resources: kplus.ContainerResources) => () => newEgress(newChart(), { resources });

  test('that are no whole mebibytes or thousandths of a CPU', () => {
    expect(proxy({ memory: { limit: Size.kibibytes(1500) } })).toThrow(
      /^'resources\.memory\.limit' is "1\.46\d* mebibytes": a whole number of mebibytes above 0 is expected$/);
    expect(proxy({ memory: { request: Size.mebibytes(0) } })).toThrow(
      '\'resources.memory.request\' is "0 mebibytes": a whole number of mebibytes above 0 is expected');
    expect(proxy({ cpu: { limit: kplus.Cpu.millis(0) } })).toThrow(
      '\'resources.cpu.limit\' is "0 thousandths of a CPU": a whole number of thousandths of a CPU above 0 is expected');
  });

  test('whose limit is below the request', () => {
    expect(proxy({ memory: { request: Size.mebibytes(128), limit: Size.mebibytes(64) } })).toThrow(
      '\'resources.memory.limit\' is "64 mebibytes": it is below the request, which is 128');
  });
});

test('a route that was refused leaves nothing behind, so that the corrected one can be added', () => {
  const chart = newChart();
  const egress = newEgress(chart);

  expect(() => egress.addRoute('shop', { ...HTTP, port: 0 })).toThrow('\'port\' is 0');
  egress.addRoute('shop', HTTP);

  expect(egress.routes.map(({ name }) => name)).toEqual(['shop']);
});
