import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { Chart, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { arrivedAt, ask, bytesOf, forAll, holds, holdsAlone, Kit, Position, relocated, Site, SitePosition } from './properties';
import * as strings from './strings';
import {
  CaBundle, ClientCertificate, EgressProxy, EgressProxyProps, EgressRoute, EgressRouteOptions, HeaderValue, NodePool, NodePoolProps, Scheme,
  UpstreamTls,
} from '../../../lib';
import { HttpBackend } from '../support/backends';
import { authority } from '../support/certificates';
import { temporaryFolder } from '../support/cleanup';
import { NginxBinary, nginxVersions } from '../support/nginx-binaries';
import { Nginx, ROOT } from '../support/nginx-process';

const ADDRESS = '127.90.3.2';
const TARGET = '127.90.3.21:8090';
const TLS_TARGET = '127.90.3.21:8443';
const HEADERS = '/etc/gatehouse/headers';
const SECRETS = '/etc/gatehouse/secrets';

let binary: NginxBinary;
beforeAll(async () => {
  binary = (await nginxVersions()).slice(-1)[0];
  await HttpBackend.start({ name: 'target', address: '127.90.3.21', port: 8090 });
  await HttpBackend.start({ name: 'tls', address: '127.90.3.21', port: 8443, tls: authority().issue({ names: ['a.test'] }) });
});

/** What the tests look at in the pod's template. */
interface Pod {
  readonly spec: { readonly template: { readonly spec: { readonly initContainers: { readonly command: string[] }[] } } };
}

/** A proxy that a test adds routes to, one for each value. */
class EgressSite implements Site {
  readonly chart: Chart;
  readonly proxy: EgressProxy;
  private readonly routes = new Map<number, EgressRoute>();

  constructor(props: Partial<EgressProxyProps> = {}, pool: Partial<NodePoolProps> = {}) {
    this.chart = new Chart(Testing.app(), 'traffic', { namespace: 'prod' });
    const nodes = new NodePool(this.chart, 'nodes', { labelKey: 'cluster.k8s/egress', nodes: [{ name: 'node1', address: '10.10.20.21' }], ...pool });
    this.proxy = new EgressProxy(this.chart, 'egress', { nodes, nginxVersion: binary.version, resolvers: ['127.90.3.53'], ...props });
    // the variable for dollar signs is there whether or not a value needs it
    this.add(10_000, { headers: { 'X-Dollar': '$' } });
  }

  /** The route of a value, with other options than usual. */
  add(index: number, options: Partial<EgressRouteOptions>, name = `route-${index}`): EgressRoute {
    const route = this.proxy.addRoute(name, { scheme: Scheme.HTTP, host: `host${index}.test`, targets: [TARGET], ...options });
    this.routes.set(index, route);
    return route;
  }

  route(index: number): EgressRoute {
    return this.routes.get(index) as EgressRoute;
  }

  ask(index: number): ReturnType<typeof ask> {
    return ask(ADDRESS, this.route(index).containerPort, 'anything');
  }

  files(): Record<string, string> {
    const found = Testing.synth(this.chart) as ({ kind: string; data?: Record<string, string> })[];
    const texts = Object.assign({}, ...found.filter(({ kind }) => kind === 'ConfigMap').map(({ data }) => data)) as Record<string, string>;
    const included = [...Object.values(texts).join('\n').matchAll(/include\s+(\/etc\/gatehouse\/headers\/[^;]+);/g)].map(([, path]) => path);
    const placed = Object.fromEntries(Object.entries(texts).map(([name, text]) => [`etc/gatehouse/nginx/${name}`, text.split(HEADERS).join(`${ROOT}${HEADERS}`)]));
    return {
      ...relocated(placed, ADDRESS),
      ...Object.fromEntries(included.map((path) => [path.slice(1), ''])),
      'manifests.json': JSON.stringify(found),
    };
  }

  /** The script of the init container, with its arguments. */
  script(): string[] {
    const deployment = (Testing.synth(this.chart) as ({ kind: string } & Pod)[]).find(({ kind }) => kind === 'Deployment') as Pod;
    return deployment.spec.template.spec.initContainers[0].command;
  }
}

const withRoute = (site: EgressSite, index: number): void => void site.add(index, {});
const kit = (): Kit<EgressSite> => ({ newSite: () => new EgressSite(), nginx: { binary, config: 'etc/gatehouse/nginx/nginx.conf' } });
const holdsFor = (position: Position<EgressSite>) => holds(kit(), position);
const headersAt = async (site: EgressSite, index: number) => arrivedAt(await site.ask(index));

describe('a route', () => {
  // a name is looked up again and again, which is one word more; a port is in the redirects that are rewritten
  const target = (_: number, value: string): string => {
    const port = /:\d+$/.exec(value)?.[0] ?? '';
    return (value.startsWith('[') || isIP(value.replace(/:\d+$/, '')) ? '10.0.0.1' : 'plain.test') + port;
  };

  test('name, with limits that are named after it', () => holdsFor({
    // constructs itself takes no child of that name
    props: ['name'], values: strings.like(strings.names).filter((value) => value !== 'constructor'), harmless: (index) => `plain-${index}`, word: (value) => value,
    put: (site, value, index) => site.add(index, { maxConnections: 5 }, value),
    arrives: async (site, _, index) => expect(await headersAt(site, index)).toContainEqual(['Host', `host${index}.test`]),
  }));

  test('host', () => holdsFor({
    props: ['host'], values: strings.like(strings.domains), harmless: () => 'plain.test', word: (value) => value,
    put: (site, value, index) => site.add(index, { host: value }),
    arrives: async (site, value, index) => expect(await headersAt(site, index)).toContainEqual(['Host', value]),
  }));

  test('targets', () => holdsFor({
    props: ['targets'], values: strings.like(strings.targets), harmless: target, put: (site, value, index) => site.add(index, { targets: [value] }),
  }));

  test('a target without a host, which is the Host then', () => holdsFor({
    props: ['targets'], values: strings.like(strings.targets), harmless: target,
    put: (site, value, index) => site.add(index, { targets: [value], host: undefined }),
  }));

  test('a target that is added', () => holdsFor({
    props: ['target'], values: strings.like(strings.targets), prepare: withRoute, harmless: target,
    put: (site, value, index) => site.route(index).addTarget(value, { backup: true }),
  }));

  test('description', () => holdsFor({
    props: ['description'], values: strings.like(strings.text), harmless: () => 'plain', put: (site, value, index) => site.add(index, { description: value }),
  }));

  test('names of headers', () => holdsFor({
    props: ['headers'], values: strings.like(strings.headerNames), harmless: (index) => `X-Plain-${index}`, word: (value) => value,
    put: (site, value, index) => site.add(index, { headers: { [value]: 'value' } }),
    arrives: async (site, value, index) => expect(await headersAt(site, index)).toContainEqual([value, 'value']),
  }));

  test('values of headers', () => holdsFor({
    props: ['headers'], values: strings.like(strings.text), harmless: () => 'plain',
    put: (site, value, index) => site.add(index, { headers: { 'X-Value': value } }),
    arrives: async (site, value, index) => expect(await headersAt(site, index)).toContainEqual(['X-Value', bytesOf(value)]),
  }));

  test('names of headers that are set and removed', async () => {
    const position = { props: ['name'], values: strings.like(strings.headerNames), prepare: withRoute, harmless: (index: number) => `X-Plain-${index}`, word: (value: string) => value };
    await holdsFor({ ...position, put: (site, value, index) => site.route(index).setHeader(value, HeaderValue.of('value')) });
    await holdsFor({ ...position, put: (site, value, index) => site.route(index).removeHeader(value) });
  });

  test('values that are set', () => holdsFor({
    props: ['value'], values: strings.like(strings.text), prepare: withRoute, harmless: () => 'plain',
    put: (site, value, index) => site.route(index).setHeader('X-Value', HeaderValue.of(value)),
    arrives: async (site, value, index) => expect(await headersAt(site, index)).toContainEqual(['X-Value', bytesOf(value)]),
  }));

  test('the reason of unchecked text', () => holdsFor({
    props: ['reason'], values: strings.like(strings.text), prepare: withRoute, harmless: () => 'plain',
    put: (site, value, index) => site.route(index).addUncheckedDirectives('proxy_buffering off;', value),
  }));
});

describe('TLS of a route', () => {
  const over = (tls: UpstreamTls): Partial<EgressRouteOptions> => ({ scheme: Scheme.HTTPS, targets: [TLS_TARGET], tls });

  test('the name that is asked for', () => holdsFor({
    props: ['serverName'], values: strings.like(strings.domains), harmless: () => 'plain.test', word: (value) => value,
    put: (site, value, index) => site.add(index, over(UpstreamTls.insecure('a test', { serverName: value }))),
    arrives: async (site, value, index) => expect(JSON.parse((await site.ask(index)).body)).toMatchObject({ tls: { servername: value } }),
  }));

  test('the reason why nothing is verified', () => holdsFor({
    props: ['reason'], values: strings.like(strings.text), harmless: () => 'plain', put: (site, value, index) => site.add(index, over(UpstreamTls.insecure(value))),
  }));

  test('the key of a CA', () => holdsFor({
    props: ['key'], values: strings.like(strings.fileNameParts), harmless: () => 'ca.crt', word: (value) => `/etc/gatehouse/trust/configmap-ca/${value}`,
    put: (site, value, index) => site.add(index, over(UpstreamTls.verified({
      ca: CaBundle.fromConfigMap(kplus.ConfigMap.fromConfigMapName(site.chart, `ca-${index}`, 'ca'), value),
    }))),
  }));

  test('the ConfigMap of a CA', () => holdsFor({
    props: ['configMap', 'ca'], values: strings.like(strings.domains), harmless: () => 'ca', word: (value) => `/etc/gatehouse/trust/configmap-${value}/ca.crt`,
    put: (site, value, index) => site.add(index, over(UpstreamTls.verified({
      ca: CaBundle.fromConfigMap(kplus.ConfigMap.fromConfigMapName(site.chart, `ca-${index}`, value)),
    }))),
  }));

  test('the Secrets of a CA and of a certificate that is shown', () => holdsFor({
    props: ['secret', 'ca', 'clientCertificate'], values: strings.like(strings.domains), harmless: () => 'tls', word: (value) => `/etc/gatehouse/trust/secret-${value}/tls.key`,
    put: (site, value, index) => {
      const secret = kplus.Secret.fromSecretName(site.chart, `secret-${index}`, value);
      site.add(index, over(UpstreamTls.verified({ ca: CaBundle.fromSecret(secret), clientCertificate: ClientCertificate.fromSecret(secret) })));
    },
  }));
});

describe('headers out of Secrets', () => {
  const secretValue = (site: EgressSite, index: number, { name = 'secret', key = 'key' }): HeaderValue =>
    HeaderValue.fromSecretValue({ secret: kplus.Secret.fromSecretName(site.chart, `secret-${index}`, name), key });

  test('names of the headers', () => holdsFor({
    props: ['name'], values: strings.like(strings.headerNames), prepare: withRoute, harmless: (index) => `X-Plain-${index}`,
    put: (site, value, index) => site.route(index).setHeader(value, secretValue(site, index, {})),
  }));

  test('names and keys of the Secrets', async () => {
    await holdsFor({
      props: ['value.secret'], values: strings.like(strings.domains), prepare: withRoute, harmless: () => 'plain',
      put: (site, value, index) => site.route(index).setHeader('X-Value', secretValue(site, index, { name: value })),
    });
    await holdsFor({
      props: ['value.key'], values: strings.like(strings.fileNameParts), prepare: withRoute, harmless: () => 'plain',
      put: (site, value, index) => site.route(index).setHeader('X-Value', secretValue(site, index, { key: value })),
    });
  });

  /** Runs the init container's script with one Secret of each; returns what it wrote, or `undefined` where it refused. */
  function written(site: EgressSite, index: number, name: string, value: Buffer): string | undefined {
    const folder = temporaryFolder('headers');
    const inside = (path: string): string => join(folder, path);
    site.add(index, {}).setHeader(name, secretValue(site, index, { name: `secret${index}` }));
    const [shell, option, script, self, ...all] = site.script();
    mkdirSync(inside(HEADERS), { recursive: true });
    mkdirSync(inside(`${SECRETS}/secret${index}`), { recursive: true });
    writeFileSync(inside(`${SECRETS}/secret${index}/key`), value);
    const text = script.split('/etc/gatehouse').join(inside('/etc/gatehouse'));
    try {
      execFileSync(shell, [option, text, self, ...all.slice(-4)], { stdio: 'pipe' });
    } catch (error) {
      expect(String((error as { stderr?: Buffer }).stderr)).toMatch(new RegExp(`key 'key' of Secret 'secret${index}' cannot be the value of header`));
      return undefined;
    }
    return readFileSync(inside(`${HEADERS}/route-${index}.conf`), 'utf8');
  }

  test('values: byte for byte, or the pod does not start', async () => {
    const refused: string[] = [];
    await forAll(strings.like(strings.text), async (values) => {
      const site = new EgressSite();
      const files = values.slice(0, 25).flatMap((value, index): { value: string; index: number; text: string }[] => {
        const text = written(site, index, 'X-Secret', Buffer.from(value));
        refused.push(...(text === undefined ? [value] : []));
        return text === undefined ? [] : [{ value, index, text }];
      });
      const server = await Nginx.start({
        binary, config: 'etc/gatehouse/nginx/nginx.conf', replace: [],
        files: { ...site.files(), ...Object.fromEntries(files.map(({ index, text }) => [`${HEADERS.slice(1)}/route-${index}.conf`, text])) },
      });
      for (const { value, index } of files) {
        expect(await headersAt(site, index)).toContainEqual(['X-Secret', bytesOf(value.replace(/\n$/, ''))]);
      }
      await server.stop();
    });
    // nothing that could be sent is refused
    // eslint-disable-next-line no-control-regex
    const good = refused.filter((value) => !/^$|^ | \n?$|[\u0000-\u001f\u007f]/.test(value.replace(/\n$/, '')) && value.length < 200);
    expect(good).toEqual([]);
  });
});

describe('the proxy itself', () => {
  const alone = (position: SitePosition<EgressSite>) => holdsAlone(kit().nginx, position);

  test('name', () => alone({ props: ['name'], values: strings.like(strings.names), harmless: () => 'plain', make: (name) => new EgressSite({ name }) }));

  test('resolvers', () => alone({
    props: ['resolvers'], values: strings.like(strings.targets), harmless: () => '10.0.0.1', make: (value) => new EgressSite({ resolvers: [value] }),
  }));

  test('file of the system\'s CA', () => alone({
    props: ['systemCaFile'], values: strings.like(strings.filePaths), harmless: () => '/plain.pem',
    make: (systemCaFile) => {
      const site = new EgressSite({ systemCaFile });
      site.add(0, { scheme: Scheme.HTTPS });
      return site;
    },
  }));

  test('version', () => alone({
    props: ['nginxVersion'], values: strings.like(strings.versions), harmless: (value) => value.split('.').map(Number).join('.'), isVersion: true,
    make: (nginxVersion) => new EgressSite({ nginxVersion, resolvers: undefined }),
  }));

  const secret = (name: string): kplus.ISecret => kplus.Secret.fromSecretName(new Chart(Testing.app(), 'other'), 'secret', name);

  test.each<[what: string, props: string[], values: Position<EgressSite>['values'], make: (value: string) => EgressSite]>([
    ['image', ['image'], strings.images, (image) => new EgressSite({ image })],
    ['image, whose tag says the version', ['image', 'nginxVersion'], strings.versions.map((version) => `nginx:${version}`),
      (image) => new EgressSite({ image, nginxVersion: undefined, resolvers: undefined })],
    ['keys of labels', ['nodeSelector'], strings.labelKeys, (key) => new EgressSite({ nodeSelector: { [key]: 'x' } })],
    ['values of labels', ['nodeSelector'], strings.fileNameParts, (value) => new EgressSite({ nodeSelector: { a: value } })],
    ['PriorityClass', ['priorityClassName'], strings.domains, (priorityClassName) => new EgressSite({ priorityClassName })],
    ['Secrets of the image', ['imagePullSecrets'], strings.domains, (name) => new EgressSite({ imagePullSecrets: [secret(name)] })],
    ['key of the pool\'s label', ['labelKey'], strings.labelKeys, (labelKey) => new EgressSite({}, { labelKey })],
    ['value of the pool\'s label', ['labelValue'], strings.fileNameParts, (labelValue) => new EgressSite({}, { labelValue })],
  ])('%s, which nginx does not read', (_, props, values, make) => alone({ props, values: strings.like(values), make }));
});
