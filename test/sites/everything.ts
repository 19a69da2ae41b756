import { App, Chart, Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  AccessLogFormat, Backend, CaBundle, ClientCertificate, EgressProxy, EnvironmentEntry, HeaderValue, IngressBalancer, IngressController,
  MaintenancePage, ManagementEntry, NodePool, RateLimit, RedirectEntry, RetryPolicy, Scaling, Scheme, ServerTls, StreamBackend, StreamEntry,
  TlsPolicy, UpstreamTls,
} from '../../lib';
import { NginxVersion } from '../../lib/private/nginx/version';

export interface EverythingOptions {
  readonly outdir?: string;
  /** Of the balancer, and of the proxy where it is one that the proxy supports. */
  readonly nginxVersion: string;
  /** What stands in front of the balancer, and how it says who the client is. */
  readonly inFront?: 'nothing' | 'headers' | 'PROXY protocol';
}

const LB = { name: 'ingress.cluster.k8s', address: '10.10.20.2' };
const SVC = { name: 'svc.cluster.k8s', address: '10.10.20.5' };
const NODES = [
  { name: 'node1.cluster.k8s', address: '10.10.20.21', weight: 3 },
  { name: 'node2.cluster.k8s', address: '10.10.20.22' },
  { name: 'node3.cluster.k8s', address: '2001:db8::23' },
  { name: 'node4.cluster.k8s', address: '10.10.20.24', drained: true },
];
const NOT_FOR_THE_PROXY = '1.22';

/** A site that uses everything that both gates have. */
export function everything({ outdir, nginxVersion, inFront = 'nothing' }: EverythingOptions): App {
  const app = new App({ outdir });
  const chart = new Chart(app, 'gates', { namespace: 'traffic' });
  const balancer = newBalancer(chart, nginxVersion, inFront);
  addManagement(chart, balancer);
  addEnvironments(chart, balancer);
  addRedirects(chart, balancer);
  addStreams(chart, balancer);
  if (!nginxVersion.startsWith(`${NOT_FOR_THE_PROXY}.`)) {
    addEgress(chart, nginxVersion);
  }
  return app;
}

function newBalancer(chart: Chart, nginxVersion: string, inFront: EverythingOptions['inFront']): IngressBalancer {
  const balancer = new IngressBalancer(chart, 'ingress', {
    machines: [LB],
    nodes: NodePool.ingress(chart, 'ingress-nodes', { nodes: NODES }),
    hostname: 'lb1.cluster.k8s',
    domain: 'cluster.k8s',
    nginxVersion,
    user: 'www-data',
    controller: IngressController.traefik({ port: 8000 }),
    streamModule: 'modules/ngx_stream_module.so',
    ...(inFront === 'nothing' ? {} : { trustedProxies: ['192.0.2.0/24', '192.0.2.77', '2001:db8:1::/48'], acceptProxyProtocol: inFront === 'PROXY protocol' }),
    tlsPolicy: inFront === 'nothing' ? TlsPolicy.INTERMEDIATE : TlsPolicy.MODERN,
    http2: inFront !== 'PROXY protocol',
    accessLogFormat: inFront === 'nothing' ? AccessLogFormat.TEXT : AccessLogFormat.JSON,
  });
  balancer.configureController(chart, 'controller');
  return balancer;
}

function addManagement(chart: Chart, balancer: IngressBalancer): void {
  new ManagementEntry(chart, 'dashboard', {
    balancer,
    domains: ['dashboard.cluster.k8s'],
    tls: ServerTls.fromFiles('/etc/nginx/ssl/cluster.k8s.pem', '/etc/nginx/ssl/cluster.k8s.key', { clientCa: CaBundle.fromFile('/etc/nginx/ssl/operators.pem') }),
    allowFrom: ['10.0.0.0/8', '2001:db8::/32'],
    description: 'only for operators, with a certificate',
  });
  const registry = new ManagementEntry(chart, 'registry', {
    balancer,
    domains: ['registry.cluster.k8s'],
    tls: ServerTls.fromFiles('/etc/nginx/ssl/cluster.k8s.pem', '/etc/nginx/ssl/cluster.k8s.key', { redirectHttp: false }),
    backend: Backend.machines([SVC, { ...NODES[0], name: 'svc2.cluster.k8s' }], {
      scheme: Scheme.HTTPS,
      port: 5000,
      tls: UpstreamTls.verified({
        ca: CaBundle.fromFile('/etc/nginx/ssl/site-ca.pem'),
        serverName: 'registry.cluster.k8s',
        clientCertificate: ClientCertificate.fromFiles('/etc/nginx/ssl/lb.pem', '/etc/nginx/ssl/lb.key'),
      }),
    }),
    maxBodySize: Size.gibibytes(4),
    requestBuffering: false,
    connectTimeout: Duration.millis(1500),
    sendTimeout: Duration.minutes(5),
    readTimeout: Duration.minutes(5),
    retry: RetryPolicy.NEVER,
  });
  registry.addPath('/public', { backend: Backend.machines([SVC], { scheme: Scheme.HTTPS, tls: UpstreamTls.verified() }), maxBodySize: Size.kibibytes(1) });
  registry.addPath('/legacy', { backend: Backend.machines([SVC], { scheme: Scheme.HTTPS, tls: UpstreamTls.insecure('it signs itself; NET-12') }) });
}

function addEnvironments(chart: Chart, balancer: IngressBalancer): void {
  const prod = new EnvironmentEntry(chart, 'prod', {
    balancer,
    environment: 'prod',
    application: 'shop',
    domains: ['example.com', 'www.example.com'],
    wildcardDomains: ['shops.example.com'],
    internalHost: 'shop.prod.cluster.k8s',
    tls: ServerTls.fromFiles('/etc/nginx/ssl/example.com.pem', '/etc/nginx/ssl/example.com.key', { hsts: Duration.days(365) }),
    defaultServer: true,
    responseHeaders: { 'X-Frame-Options': 'DENY', 'Content-Security-Policy': 'default-src \'self\'; img-src *; report-uri "/csp?$x"' },
    rateLimit: RateLimit.perSecond(50, { burst: 100 }),
    maxConnections: 100,
    retry: RetryPolicy.ALL,
    description: 'the shop: 100 % "quoted" {text}; $money',
  });
  prod.setHeader('X-Price', 'in $ and €, "net"');
  prod.setHeader('X-Forwarded-Port', '443');
  prod.removeHeader('X-Debug');
  prod.addPath('/api', {
    backend: Backend.ingress({ host: 'api.prod.cluster.k8s' }), rateLimit: RateLimit.perMinute(90), allowFrom: ['10.0.0.0/8'], readTimeout: Duration.minutes(2),
  });
  prod.addPath('/api/V2', { backend: Backend.machines([SVC], { port: 8080, host: 'v2.cluster.k8s' }) });
  prod.addPath('/api/v2', { backend: Backend.machines([SVC], { port: 8081, host: 'v2.cluster.k8s' }) });
  prod.addPath('/rate', { backend: Backend.ingress(), rateLimit: RateLimit.perSecond(1) });
  prod.addUncheckedDirectives('add_header X-Served-By $hostname always;\nlocation = /robots.txt {\n    return 200 "Disallow: /\\n";\n}', 'search engines; WEB-7');
  prod.exposeService(new kplus.Service(chart, 'shop', { ports: [{ port: 80 }], metadata: { name: 'shop' } }), { path: '/a', ingressClassName: 'traefik' });

  const page: MaintenancePage = { html: `<h1>Back soon "now" for 5 $ \\ </h1>\r\n${'系统维护中 '.repeat(200)}`, retryAfter: Duration.minutes(5), bypass: ['10.1.0.0/16', '10.2.0.1'] };
  const pre = new EnvironmentEntry(chart, 'pre', {
    balancer,
    environment: 'pre',
    name: 'the-pre-production-environment-whose-name-is-as-long-as-it-gets',
    domains: ['pre.example.com', '192.0.2.10'],
    maintenancePage: page,
    allowFrom: ['10.0.0.0/8'],
    responseHeaders: { 'Retry-After': '7', 'X-Stage': 'pre $' },
  });
  pre.addPath('/status', { backend: Backend.ingress(), allowFrom: ['10.3.0.0/16'] });
  new EnvironmentEntry(chart, 'dev', { balancer, environment: 'dev', domains: ['dev.example.com'], port: 8080, maintenancePage: {} });
}

function addRedirects(chart: Chart, balancer: IngressBalancer): void {
  const tls = ServerTls.fromFiles('/etc/nginx/ssl/old.pem', '/etc/nginx/ssl/old.key', { hsts: Duration.days(1) });
  new RedirectEntry(chart, 'old', { balancer, domains: ['old.example.com', '192.0.2.11'], target: 'https://example.com' });
  new RedirectEntry(chart, 'old-tls', { balancer, domains: ['old-tls.example.com'], target: 'https://example.com:8443/', tls, permanent: false });
  new RedirectEntry(chart, 'sale', { balancer, domains: ['sale.example.com'], target: 'http://example.com/sale?from=old&x=%24', keepPath: false });
}

function addStreams(chart: Chart, balancer: IngressBalancer): void {
  new StreamEntry(chart, 'api-server', {
    balancer, port: 16443, backend: StreamBackend.machines([SVC, ...NODES], 6443), idleTimeout: Duration.hours(1), allowFrom: ['10.0.0.0/8', '::1'],
  });
  new StreamEntry(chart, 'dns', { balancer, port: 5353, protocol: kplus.Protocol.UDP, backend: StreamBackend.machines([SVC], 53), idleTimeout: Duration.seconds(5) });
  const sni = new StreamEntry(chart, 'sni', { balancer, port: 9443, backend: StreamBackend.ingress(443, { sendProxyProtocol: true }) });
  sni.addServerName('a-b.example.com', StreamBackend.machines([SVC], 443, { sendProxyProtocol: true }));
  sni.addServerName('a.b.example.com', StreamBackend.machines([SVC], 444, { sendProxyProtocol: true }));
  sni.addServerName('default', StreamBackend.machines([SVC], 445, { sendProxyProtocol: true }));
  const namesOnly = new StreamEntry(chart, 'names-only', { balancer, port: 9444 });
  namesOnly.addServerName('only.example.com', StreamBackend.ingress(443));
}

function addEgress(chart: Chart, nginxVersion: string): void {
  const resolves = NginxVersion.parse('nginxVersion', nginxVersion, NOT_FOR_THE_PROXY).has('upstreamResolve');
  const secret = (name: string): kplus.ISecret => kplus.Secret.fromSecretName(chart, name, name);
  const egress = new EgressProxy(chart, 'egress', {
    nodes: NodePool.egress(chart, 'egress-nodes', { nodes: NODES }),
    name: 'outward',
    image: 'mirror.cluster.k8s:5000/library/nginx:stable-alpine',
    nginxVersion,
    imagePullPolicy: kplus.ImagePullPolicy.ALWAYS,
    imagePullSecrets: [secret('pull')],
    scaling: Scaling.auto({ min: 2, max: 4, cpuUtilization: 70 }),
    resources: { cpu: { request: kplus.Cpu.millis(100), limit: kplus.Cpu.millis(1500) }, memory: { limit: Size.mebibytes(512) } },
    tolerations: [kplus.NodeTaintQuery.is('dedicated', 'egress', { effect: kplus.TaintEffect.NO_SCHEDULE })],
    priorityClassName: 'gates',
    nodeSelector: { 'topology.kubernetes.io/zone': 'a' },
    resolvers: resolves ? ['10.10.20.53', '[2001:db8::53]:5353'] : undefined,
    systemCaFile: '/etc/ssl/cert.pem',
  });
  const bank = egress.addRoute('bank', {
    scheme: Scheme.HTTPS,
    host: 'api.bank.example',
    targets: ['203.0.113.10', '[2001:db8:9::10]:8443'],
    description: 'payments',
    tls: UpstreamTls.verified({
      ca: CaBundle.fromSecret(secret('bank-ca'), 'bank.pem'), clientCertificate: ClientCertificate.fromSecret(secret('bank-client')), serverName: 'tls.bank.example',
    }),
    headers: { 'X-Client': 'shop "1" \\ $' },
    rateLimit: RateLimit.perSecond(40, { burst: 20 }),
    maxBodySize: Size.mebibytes(1),
    retry: RetryPolicy.ALL,
    requestBuffering: false,
  });
  bank.addTarget('203.0.113.11:444', { weight: 5 });
  bank.addTarget('203.0.113.12', { backup: true });
  const tokens = secret('bank-token');
  bank.setHeader('Authorization', HeaderValue.fromSecretValue({ secret: tokens, key: 'token' }));
  bank.setHeader('X-Api-Key', HeaderValue.fromSecretValue({ secret: tokens, key: 'api.key' }));
  bank.setHeader('X-Site', HeaderValue.of('$site'));
  bank.removeHeader('Cookie');
  bank.addUncheckedDirectives('proxy_ssl_session_reuse off;', 'the bank\'s balancer forgets sessions; NET-41');
  egress.addRoute('partner', { scheme: Scheme.HTTPS, host: 'api.partner.example', targets: ['203.0.113.20'] });
  egress.addRoute('mutual', {
    scheme: Scheme.HTTPS, host: 'mutual.example', targets: ['203.0.113.21'], tls: UpstreamTls.verified({ clientCertificate: ClientCertificate.fromSecret(secret('mutual')) }),
  });
  egress.addRoute('site', {
    scheme: Scheme.HTTPS, host: 'dashboard.cluster.k8s', targets: ['10.10.20.21'],
    tls: UpstreamTls.verified({ ca: CaBundle.fromConfigMap(kplus.ConfigMap.fromConfigMapName(chart, 'root-ca', 'root-ca')) }),
  });
  egress.addRoute('legacy', {
    scheme: Scheme.HTTPS, host: 'legacy.example', targets: ['198.51.100.7:8443'], tls: UpstreamTls.insecure('its certificate ran out in 2019; NET-77'), port: 8080,
  });
  egress.addRoute('limited', { scheme: Scheme.HTTP, targets: ['198.51.100.8:8080'], maxConnections: 8, rateLimit: RateLimit.perMinute(100), forwardClientHeaders: true });
  egress.addRoute('plain', { scheme: Scheme.HTTP, targets: ['198.51.100.9'], retry: RetryPolicy.NEVER, readTimeout: Duration.minutes(5) });
  if (resolves) {
    egress.addRoute('cloud', { scheme: Scheme.HTTPS, targets: ['storage.cloud.example'] });
    egress.addRoute('mail', { scheme: Scheme.HTTP, host: 'mail.example', targets: ['mail1.example:8025', 'mail2.example:8025'], connectTimeout: Duration.seconds(2) });
  }
}
