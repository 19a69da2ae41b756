import { Chart, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import fc from 'fast-check';
import { Directive, parse, shapeOf } from './nginx-tokens';
import { arrivedAt, ask, bytesOf, forAll, holds, holdsAlone, Kit, Position, relocated, SAMPLES, Site, SitePosition } from './properties';
import * as strings from './strings';
import {
  Backend, CaBundle, ClientCertificate, EnvironmentEntry, EnvironmentEntryProps, IngressBalancer, IngressBalancerProps, IngressController,
  ManagementEntry, NodePool, RateLimit, RedirectEntry, RedirectEntryProps, Scheme, ServerTls, StreamBackend, StreamEntry, UpstreamTls,
} from '../../../lib';
import { HttpBackend } from '../support/backends';
import { nginx, NginxBinary } from '../support/nginx-binaries';
import { Nginx } from '../support/nginx-process';

const ADDRESS = '127.90.2.2';
const NODE = { name: 'node1.cluster.k8s', address: '127.90.2.21' };
const NODE_PORT = 8090;
const HTTP = 8080;
const HTTPS = 8443;

let binary: NginxBinary;
beforeAll(async () => {
  binary = await nginx();
  await HttpBackend.start({ name: 'node1', address: NODE.address, port: NODE_PORT });
});

/** A balancer that a test adds entries to, one for each value. */
class BalancerSite implements Site {
  readonly chart: Chart;
  readonly balancer: IngressBalancer;
  private readonly entries = new Map<number, EnvironmentEntry>();

  constructor(props: Partial<IngressBalancerProps> = {}) {
    this.chart = new Chart(Testing.app(), 'traffic', { namespace: 'prod' });
    this.balancer = new IngressBalancer(this.chart, 'ingress', {
      machines: [{ name: 'ingress.cluster.k8s', address: '10.10.20.2' }],
      nodes: NodePool.ingress(this.chart, 'nodes', { nodes: [NODE] }),
      controller: IngressController.generic({ port: NODE_PORT }),
      nginxVersion: binary.version,
      streamModule: binary.streamModule,
      ...props,
    });
    // the variable for dollar signs is there whether or not a value needs it
    this.add(10_000, {}).setHeader('X-Dollar', '$');
  }

  /** The entry of a value, with other props than usual. */
  add(index: number, props: Partial<EnvironmentEntryProps>): EnvironmentEntry {
    const entry = new EnvironmentEntry(this.chart, `entry-${index}`, {
      balancer: this.balancer, environment: 'prod', application: `app${index}`, domains: [`entry${index}.test`], internalHost: `inside${index}.test`, port: HTTP, ...props,
    });
    this.entries.set(index, entry);
    return entry;
  }

  entry(index: number): EnvironmentEntry {
    return this.entries.get(index) as EnvironmentEntry;
  }

  redirect(index: number, props: Partial<RedirectEntryProps>): void {
    new RedirectEntry(this.chart, `redirect-${index}`, {
      balancer: this.balancer, domains: [`old${index}.test`], target: 'https://new.test', port: HTTP, ...props,
    });
  }

  files(): Record<string, string> {
    const manifests = JSON.stringify(Testing.synth(this.chart));
    return { ...relocated(this.balancer.files, ADDRESS), 'manifests.json': manifests };
  }
}

const withEntry = (site: BalancerSite, index: number): void => void site.add(index, {});
const kit = (): Kit<BalancerSite> => ({ newSite: () => new BalancerSite(), nginx: { binary } });
const holdsFor = (position: Position<BalancerSite>) => holds(kit(), position);

async function hostAt(host: string, path?: string): Promise<string | undefined> {
  return arrivedAt(await ask(ADDRESS, HTTP, host, path)).find(([name]) => name === 'Host')?.[1];
}

describe('names that users type', () => {
  test('domains', () => holdsFor({
    props: ['domains'], values: strings.like(strings.domains), harmless: (index) => `plain${index}.test`, word: (value) => value,
    put: (site, value, index) => site.add(index, { domains: [value] }),
    arrives: async (_, value, index) => expect(await hostAt(value)).toBe(`inside${index}.test`),
  }));

  test('several domains of one entry', () => holdsFor({
    props: ['domains'], values: strings.like(strings.domains), harmless: (index) => `plain${index}.test`,
    put: (site, value, index) => site.add(index, { domains: [`first${index}.test`, value] }),
  }));

  test('wildcardDomains', () => holdsFor({
    props: ['wildcardDomains'], values: strings.like(strings.domains), harmless: (index) => `plain${index}.test`, word: (value) => `*.${value}`,
    put: (site, value, index) => site.add(index, { wildcardDomains: [value] }),
    arrives: async (_, value, index) => expect(await hostAt(`sub.${value}`)).toBe(`inside${index}.test`),
  }));

  test('domains of a management entry, whose first is the Host', () => holdsFor({
    props: ['domains'], values: strings.like(strings.domains), harmless: (index) => `plain${index}.test`, word: (value) => value,
    put: (site, value, index) => void new ManagementEntry(site.chart, `management-${index}`, { balancer: site.balancer, domains: [value], port: HTTP }),
    arrives: async (_, value) => expect(await hostAt(value)).toBe(value),
  }));

  test('domains of a redirect', () => holdsFor({
    props: ['domains'], values: strings.like(strings.domains), harmless: (index) => `plain${index}.test`, word: (value) => value,
    put: (site, value, index) => site.redirect(index, { domains: [value], target: `https://to${index}.test` }),
    arrives: async (_, value, index) => expect((await ask(ADDRESS, HTTP, value)).headers).toContainEqual(['Location', `https://to${index}.test/`]),
  }));

  test.each([['any', strings.domains], ['names that differ in little', strings.similarDomains]])('names of a stream: %s', (_, names) => holdsFor({
    props: ['name'], values: strings.like(names), harmless: (index) => `plain${index}.test`,
    word: (value) => (['default', 'hostnames', 'include', 'volatile'].includes(value) ? `\\${value}` : value),
    prepare: (site, index) => {
      if (index === 0) {
        streams.set(site, new StreamEntry(site.chart, 'stream', { balancer: site.balancer, port: 9443, backend: StreamBackend.ingress(443) }));
      }
    },
    put: (site, value) => streams.get(site)?.addServerName(value, StreamBackend.ingress(8443)),
  }));
});

const streams = new WeakMap<BalancerSite, StreamEntry>();

describe('where requests go', () => {
  test('internalHost', () => holdsFor({
    props: ['internalHost'], values: strings.like(strings.domains), harmless: () => 'plain.test', word: (value) => value,
    put: (site, value, index) => site.add(index, { internalHost: value }),
    arrives: async (_, value, index) => expect(await hostAt(`entry${index}.test`)).toBe(value),
  }));

  test('host of the ingress nodes', () => holdsFor({
    props: ['host'], values: strings.like(strings.domains), harmless: () => 'plain.test', word: (value) => value,
    put: (site, value, index) => site.add(index, { backend: Backend.ingress({ host: value }) }),
    arrives: async (_, value, index) => expect(await hostAt(`entry${index}.test`)).toBe(value),
  }));

  test('host of machines', () => holdsFor({
    props: ['host'], values: strings.like(strings.domains), harmless: () => 'plain.test', word: (value) => value,
    put: (site, value, index) => site.add(index, { backend: Backend.machines([NODE], { port: NODE_PORT, host: value }) }),
    arrives: async (_, value, index) => expect(await hostAt(`entry${index}.test`)).toBe(value),
  }));

  test('names of machines', () => holdsFor({
    props: ['machines[0].name', 'machines'], values: strings.like(strings.domains), harmless: () => 'plain.test',
    put: (site, value, index) => site.add(index, { backend: Backend.machines([{ ...NODE, name: value }]) }),
  }));

  test('addresses of machines', () => holdsFor({
    props: ['machines[0].address', 'machines'], values: strings.like(strings.addresses), harmless: () => '10.0.0.1',
    put: (site, value, index) => site.add(index, { backend: Backend.machines([{ ...NODE, address: value }], { port: 8081 }) }),
  }));

  test('addresses of the machines of a stream', () => holdsFor({
    props: ['machines[0].address', 'machines'], values: strings.like(strings.addresses), harmless: () => '10.0.0.1',
    put: (site, value, index) => void new StreamEntry(site.chart, `stream-${index}`, {
      balancer: site.balancer, port: 9000 + index, backend: StreamBackend.machines([{ ...NODE, address: value }], 6443),
    }),
  }));

  test('paths', () => holdsFor({
    props: ['path'], values: strings.like(strings.paths), prepare: withEntry, harmless: (index) => `/plain${index}`, word: (value) => value,
    put: (site, value, index) => site.entry(index).addPath(value, { backend: Backend.ingress({ host: 'path.test' }) }),
    arrives: async (_, value, index) => {
      expect(await hostAt(`entry${index}.test`, value)).toBe('path.test');
      expect(await hostAt(`entry${index}.test`, `${value}/below`)).toBe('path.test');
      expect(await hostAt(`entry${index}.test`, `${value}x`)).toBe(`inside${index}.test`);
    },
  }));

  test('many paths of one entry, which differ in little', () => holdsFor({
    props: ['path'], values: strings.like(strings.similarPaths), harmless: (index) => `/plain${index}`, word: (value) => value,
    prepare: (site, index) => index === 0 && withEntry(site, index),
    put: (site, value) => site.entry(0).addPath(value, { backend: Backend.ingress({ host: 'path.test' }) }),
  }));

  test('paths of a service\'s Ingress, which nginx never sees', () => holdsFor({
    props: ['path'], values: strings.like(strings.paths), prepare: withEntry, harmless: (index) => `/plain${index}`,
    put: (site, value, index) => void site.entry(index).exposeService(new kplus.Service(site.chart, `service-${index}`, { ports: [{ port: 80 }] }), { path: value }),
  }));

  test('class of a service\'s Ingress', () => holdsFor({
    props: ['ingressClassName'], values: strings.like(strings.domains), prepare: withEntry, harmless: () => 'nginx',
    put: (site, value, index) => void site.entry(index)
      .exposeService(new kplus.Service(site.chart, `service-${index}`, { ports: [{ port: 80 }] }), { ingressClassName: value }),
  }));

  test('target of a redirect that keeps the path', () => holdsFor({
    props: ['target'], values: strings.like(strings.urls), harmless: () => 'https://plain.test',
    put: (site, value, index) => site.redirect(index, { target: value }),
    arrives: async (_, value, index) =>
      expect((await ask(ADDRESS, HTTP, `old${index}.test`, '/a?b')).headers).toContainEqual(['Location', `${value.replace(/\/$/, '')}/a?b`]),
  }));

  test('target of a redirect to one address', () => holdsFor({
    props: ['target'], values: strings.like(strings.urls), harmless: () => 'https://plain.test', word: (value) => value,
    put: (site, value, index) => site.redirect(index, { target: value, keepPath: false }),
    arrives: async (_, value, index) => expect((await ask(ADDRESS, HTTP, `old${index}.test`, '/a?b')).headers).toContainEqual(['Location', value]),
  }));
});

describe('names that the library makes', () => {
  test('never meet, whatever they are made of', async () => {
    const site = new BalancerSite();
    const limits = { rateLimit: RateLimit.perSecond(5), maxConnections: 5, maintenancePage: {} };
    ['a', 'a-b', 'tcp', 'udp', 'gatehouse', 'rate', 'stream'].forEach((name, index) => {
      const entry = site.add(index, { name, ...limits });
      ['/rate', '/connections', '/a', '/b', '/a/b', '/a-b', '/a_b', '/A', '/tls', '/9443', '/9443/a', '/a/rate', '/maintenance', '/-', '/_'].forEach((path) =>
        entry.addPath(path, { backend: Backend.ingress(), rateLimit: RateLimit.perSecond(1) }));
    });
    const stream = new StreamEntry(site.chart, 'stream', { balancer: site.balancer, port: 9443, backend: StreamBackend.ingress(443) });
    ['a', 'a.b', 'a-b', 'rate', 'connections', 'tls'].forEach((name) => stream.addServerName(name, StreamBackend.ingress(443)));
    new StreamEntry(site.chart, 'datagrams', { balancer: site.balancer, port: 9443, protocol: kplus.Protocol.UDP, backend: StreamBackend.ingress(53) });

    expect(await Nginx.test({ binary, files: site.files() })).toMatchObject({ ok: true });
  });
});

describe('what files and comments are named after', () => {
  test('environment', () => holdsFor({
    props: ['environment'], values: strings.like(strings.names), harmless: (index) => `plain${index}`,
    put: (site, value, index) => site.add(index, { environment: value, internalHost: undefined }),
    arrives: async (_, value, index) => expect(await hostAt(`entry${index}.test`)).toBe(`${value}.cluster.k8s`),
  }));

  test('application', () => holdsFor({
    props: ['application'], values: strings.like(strings.fileNameParts), harmless: (index) => `plain${index}`,
    put: (site, value, index) => site.add(index, { application: value }),
  }));

  test('name of an entry, with a page and limits that are named after it', () => holdsFor({
    props: ['name'], values: strings.like(strings.names), harmless: (index) => `plain${index}`, word: (value) => value,
    put: (site, value, index) => site.add(index, { name: value, maintenancePage: {}, maxConnections: 5 }),
  }));

  test('name of a management entry', () => holdsFor({
    props: ['name'], values: strings.like(strings.names), harmless: (index) => `plain${index}`, word: (value) => value,
    put: (site, value, index) =>
      void new ManagementEntry(site.chart, `management-${index}`, { balancer: site.balancer, name: value, domains: [`management${index}.test`], port: HTTP }),
  }));

  test('id of a construct, which takes anything', () => holdsFor({
    props: [], values: strings.nasty, takesAll: true, harmless: () => 'plain',
    put: (site, value, index) => void new ManagementEntry(site.chart, `${value}${index}`, {
      balancer: site.balancer, name: `management-${index}`, domains: [`management${index}.test`], port: HTTP,
    }),
  }));

  test('description', () => holdsFor({
    props: ['description'], values: strings.like(strings.text), harmless: () => 'plain', put: (site, value, index) => site.add(index, { description: value }),
  }));
});

describe('headers', () => {
  test('names that are set', () => holdsFor({
    props: ['name'], values: strings.like(strings.headerNames), prepare: withEntry, harmless: (index) => `X-Plain-${index}`, word: (value) => value,
    put: (site, value, index) => site.entry(index).setHeader(value, `value ${index}`),
    arrives: async (_, value, index) => expect(arrivedAt(await ask(ADDRESS, HTTP, `entry${index}.test`))).toContainEqual([value, `value ${index}`]),
  }));

  test('values that are set', () => holdsFor({
    props: ['value'], values: strings.like(strings.text), prepare: withEntry, harmless: () => 'plain',
    put: (site, value, index) => site.entry(index).setHeader('X-Value', value),
    arrives: async (_, value, index) => expect(arrivedAt(await ask(ADDRESS, HTTP, `entry${index}.test`))).toContainEqual(['X-Value', bytesOf(value)]),
  }));

  test('names that are removed', () => holdsFor({
    props: ['name'], values: strings.like(strings.headerNames), prepare: withEntry, harmless: (index) => `X-Plain-${index}`, word: (value) => value,
    put: (site, value, index) => site.entry(index).removeHeader(value),
  }));

  test('names of the response', () => holdsFor({
    props: ['responseHeaders'], values: strings.like(strings.headerNames), harmless: (index) => `X-Plain-${index}`, word: (value) => value,
    put: (site, value, index) => site.add(index, { responseHeaders: { [value]: `value ${index}` } }),
    arrives: async (_, value, index) => expect((await ask(ADDRESS, HTTP, `entry${index}.test`)).headers).toContainEqual([value, `value ${index}`]),
  }));

  test('values of the response', () => holdsFor({
    props: ['responseHeaders'], values: strings.like(strings.text), harmless: () => 'plain',
    put: (site, value, index) => site.add(index, { responseHeaders: { 'X-Value': value } }),
    arrives: async (_, value, index) => expect((await ask(ADDRESS, HTTP, `entry${index}.test`)).headers).toContainEqual(['X-Value', bytesOf(value)]),
  }));

  test('values of the response on a maintenance page', () => holdsFor({
    props: ['responseHeaders'], values: strings.like(strings.text), harmless: () => 'plain',
    put: (site, value, index) => site.add(index, { responseHeaders: { 'X-Value': value }, maintenancePage: {} }),
    arrives: async (_, value, index) => expect((await ask(ADDRESS, HTTP, `entry${index}.test`)).headers).toContainEqual(['X-Value', bytesOf(value)]),
  }));
});

describe('who may ask', () => {
  const ranges = strings.like(strings.ranges);
  /** There is one way to write an IPv6 address. */
  const canonical = (value: string): string => {
    const [address, bits] = value.split('/');
    const spelled = address.includes(':') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
    return bits === undefined ? spelled : `${spelled}/${bits}`;
  };

  test('allowFrom of an entry', () => holdsFor({
    props: ['allowFrom'], values: ranges, harmless: () => '10.0.0.0/8', word: canonical, put: (site, value, index) => site.add(index, { allowFrom: [value] }),
  }));

  test('allowFrom of a path', () => holdsFor({
    props: ['allowFrom'], values: ranges, prepare: withEntry, harmless: () => '10.0.0.0/8', word: canonical,
    put: (site, value, index) => site.entry(index).addPath('/a', { backend: Backend.ingress(), allowFrom: [value] }),
  }));

  test('allowFrom of a stream', () => holdsFor({
    props: ['allowFrom'], values: ranges, harmless: () => '10.0.0.0/8', word: canonical,
    put: (site, value, index) =>
      void new StreamEntry(site.chart, `stream-${index}`, { balancer: site.balancer, port: 9000 + index, allowFrom: [value], backend: StreamBackend.ingress(443) }),
  }));

  test('bypass of a maintenance page', () => holdsFor({
    props: ['maintenancePage.bypass'], values: ranges, harmless: () => '10.0.0.0/8', word: canonical,
    put: (site, value, index) => site.add(index, { maintenancePage: { bypass: [value] } }),
  }));

  test('bypass within allowFrom', () => holdsFor({
    props: ['maintenancePage.bypass'], values: ranges, takesAll: true,
    // what is in neither list is allowed nowhere
    harmless: (_, value) => (value.includes(':') ? '2000::/3' : '10.0.0.0/8'),
    put: (site, value, index) => site.add(index, { maintenancePage: { bypass: [value] }, allowFrom: ['0.0.0.0/0', '::/0'] }),
  }));
});

describe('a maintenance page', () => {
  test('html', () => holdsFor({
    // the text of a page is in as many variables as it needs
    props: ['maintenancePage.html'], values: strings.like(strings.lines), harmless: (_, value) => 'x'.repeat([...value].length),
    put: (site, value, index) => site.add(index, { maintenancePage: { html: value } }),
    arrives: async (_, value, index) => expect(await ask(ADDRESS, HTTP, `entry${index}.test`)).toMatchObject({ status: 503, body: bytesOf(value) }),
  }));
});

describe('files', () => {
  const files = strings.like(strings.filePaths);

  test('certificate', () => holdsFor({
    props: ['certificate'], values: files, harmless: () => '/plain.pem', word: (value) => value,
    put: (site, value, index) => site.add(index, { port: HTTPS, tls: ServerTls.fromFiles(value, '/k.pem') }),
  }));

  test('key', () => holdsFor({
    props: ['key'], values: files, harmless: () => '/plain.pem', word: (value) => value,
    put: (site, value, index) => site.add(index, { port: HTTPS, tls: ServerTls.fromFiles('/c.pem', value) }),
  }));

  test('authorities of clients', () => holdsFor({
    props: ['path'], values: files, harmless: () => '/plain.pem', word: (value) => value,
    put: (site, value, index) => site.add(index, { port: HTTPS, tls: ServerTls.fromFiles('/c.pem', '/k.pem', { clientCa: CaBundle.fromFile(value) }) }),
  }));

  const machines = (tls: UpstreamTls): Backend => Backend.machines([NODE], { scheme: Scheme.HTTPS, host: 'inside.test', tls });

  test('authorities of machines', () => holdsFor({
    props: ['path'], values: files, harmless: () => '/plain.pem', word: (value) => value,
    put: (site, value, index) => site.add(index, { backend: machines(UpstreamTls.verified({ ca: CaBundle.fromFile(value) })) }),
  }));

  test('a certificate that machines see', () => holdsFor({
    props: ['certificate'], values: files, harmless: () => '/plain.pem', word: (value) => value,
    put: (site, value, index) => site.add(index, { backend: machines(UpstreamTls.verified({ clientCertificate: ClientCertificate.fromFiles(value, '/k.pem') })) }),
  }));

  test('the key of a certificate that machines see', () => holdsFor({
    props: ['key'], values: files, harmless: () => '/plain.pem', word: (value) => value,
    put: (site, value, index) => site.add(index, { backend: machines(UpstreamTls.verified({ clientCertificate: ClientCertificate.fromFiles('/c.pem', value) })) }),
  }));

  test('the name that a certificate of machines must have', () => holdsFor({
    props: ['serverName'], values: strings.like(strings.domains), harmless: () => 'plain.test', word: (value) => value,
    put: (site, value, index) => site.add(index, { backend: machines(UpstreamTls.verified({ serverName: value })) }),
  }));

  test('the reason why machines are not verified', () => holdsFor({
    props: ['reason'], values: strings.like(strings.text), harmless: () => 'plain',
    put: (site, value, index) => site.add(index, { backend: machines(UpstreamTls.insecure(value)) }),
  }));
});

describe('unchecked text', () => {
  test('its reason', () => holdsFor({
    props: ['reason'], values: strings.like(strings.text), prepare: withEntry, harmless: () => 'plain',
    put: (site, value, index) => site.entry(index).addUncheckedDirectives('proxy_buffering off;', value),
  }));

  test('is whole directives as nginx reads them, or refused: nothing around it changes', async () => {
    let accepted = 0;
    await forAll(strings.like(strings.directives), async (values) => {
      const [site, plain] = [new BalancerSite(), new BalancerSite()];
      const texts = values.map((value, index) => {
        withEntry(plain, index);
        plain.entry(index).addUncheckedDirectives(`plain_${index};`, 'a test');
        return addUnchecked(site, value, index) ? value : '';
      });
      accepted += texts.filter(Boolean).length;
      const [file, plainFile] = [site, plain].map((each) => parse(each.files()['ingress.cluster.k8s/etc/nginx/conf.d/prod.cluster.k8s.conf']));
      const expected = withDirectives(plainFile, new Map(texts.map((text, index) => [`plain_${index}`, parse(text)])));
      expect(shapeOf(file)).toEqual(shapeOf(expected));
      await Promise.resolve();
    });
    expect(accepted).toBeGreaterThan(SAMPLES / 10);
  });

  function addUnchecked(site: BalancerSite, value: string, index: number): boolean {
    withEntry(site, index);
    try {
      site.entry(index).addUncheckedDirectives(value, 'a test');
      return true;
    } catch (error) {
      expect(error).toMatchObject({ constructor: Error, message: expect.stringMatching(/^'text' is "/) as string });
      return false;
    }
  }

  /** A configuration with directives in place of others, by the name of these. */
  function withDirectives(configuration: Directive[], replaced: Map<string, Directive[]>): Directive[] {
    return configuration.flatMap((directive) => {
      const { words: [name], block } = directive;
      return replaced.get(name) ?? [block ? { ...directive, block: withDirectives(block, replaced) } : directive];
    });
  }
});

describe('the balancer itself', () => {
  const alone = (position: Omit<SitePosition<BalancerSite>, 'make'> & { readonly props: readonly string[] }, make: (value: string) => Partial<IngressBalancerProps>) =>
    holdsAlone({ binary }, { ...position, make: (value) => new BalancerSite(make(value)) });

  test('hostname', () => alone({ props: ['hostname', 'domain'], values: strings.like(strings.domains), harmless: () => 'plain.test' }, (hostname) => ({ hostname })));

  test('domain', () => alone({ props: ['domain'], values: strings.like(strings.domains), harmless: () => 'plain.test' }, (domain) => ({ domain })));

  test('name of the machine', () => alone({ props: ['machines[0].name', 'hostname'], values: strings.like(strings.domains), harmless: () => 'plain.test' },
    (name) => ({ machines: [{ name, address: '10.0.0.1' }], domain: 'other.test' })));

  test('address of the machine', () => alone({ props: ['machines[0].address'], values: strings.like(strings.addresses), harmless: (value) => (value.includes(':') ? '::2' : '10.0.0.1') },
    (address) => ({ machines: [{ name: 'a.test', address }] })));

  test('user', () => alone({ props: ['user'], values: strings.like(strings.names), harmless: () => 'nginx' }, (user) => ({ user })));

  test('file of the stream module', () => alone({ props: ['streamModule'], values: strings.like(strings.filePaths.map((path) => `${path}.so`)), harmless: () => 'modules/plain.so' },
    (streamModule) => ({ streamModule })));

  test('version', () => alone({
    props: ['nginxVersion'], values: strings.like(strings.versions), harmless: (value) => value.split('.').map(Number).join('.'), isVersion: true,
  }, (nginxVersion) => ({ nginxVersion })));

  const ranges = { props: ['trustedProxies'], values: strings.like(strings.ranges), harmless: () => '192.0.2.1' };

  test('a trusted proxy', () => alone(ranges, (value) => ({ trustedProxies: [value] })));

  test('several trusted proxies, the last of them perhaps one of the others', () => alone(
    { ...ranges, values: fc.oneof(ranges.values, fc.constantFrom('10.0.0.1/32', '10.0.0.1', '10.0.0.0/8', '2001:DB8:0::1', '2001:db8::1/128', '0:0::/0')) },
    (value) => ({ trustedProxies: ['10.0.0.1', '10.0.0.0/8', '2001:db8::1', value] }),
  ));

  test('a trusted proxy that speaks PROXY protocol', () => alone(ranges, (value) => ({ trustedProxies: [value], acceptProxyProtocol: true })));

  const pool = (node: Partial<typeof NODE>): Partial<IngressBalancerProps> =>
    ({ nodes: NodePool.ingress(new Chart(Testing.app(), 'pool'), 'nodes', { nodes: [{ ...NODE, ...node }] }) });

  test('name of a node', () => alone({ props: ['nodes[0].name'], values: strings.like(strings.domains), harmless: () => 'plain.test' }, (name) => pool({ name })));

  test('address of a node', () => alone({ props: ['nodes[0].address'], values: strings.like(strings.addresses), harmless: () => '10.0.0.1' }, (address) => pool({ address })));

  test('namespace of the Ingress Controller, which nginx does not read', () => alone({ props: ['controllerNamespace'], values: strings.like(strings.names) },
    (controllerNamespace) => ({ controller: IngressController.ingressNginx({ controllerNamespace }) })));
});
