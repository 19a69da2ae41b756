import { App, Chart, Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Backend, CaBundle, EgressProxy, EnvironmentEntry, IngressBalancer, ManagementEntry, NodePool, RetryPolicy, Scheme, ServerTls, UpstreamTls } from '../../lib';

/**
 * A site with the four usual environments: three applications in prod, an https environment with HSTS, a test environment
 * that also answers access by the bare address, a registry past the Ingress over verified https, and two ways out.
 */
export function fourEnvironments(outdir?: string): App {
  const lb = { name: 'ingress.cluster.k8s', address: '10.10.20.2' };
  const registry = { name: 'registry.cluster.k8s', address: '10.10.20.5' };
  const node1 = { name: 'node1.cluster.k8s', address: '10.10.20.21' };
  const node2 = { name: 'node2.cluster.k8s', address: '10.10.20.22' };
  const node3 = { name: 'node3.cluster.k8s', address: '10.10.20.23', weight: 2 };

  const app = new App({ outdir });
  const chart = new Chart(app, 'gates', { namespace: 'traffic' });
  const balancer = new IngressBalancer(chart, 'ingress', {
    machines: [lb],
    nodes: NodePool.ingress(chart, 'ingress-nodes', { nodes: [node1, node2, node3] }),
    nginxVersion: '1.22',
    user: 'www-data',
  });

  new ManagementEntry(chart, 'registry', {
    balancer,
    domains: ['registry.cluster.k8s'],
    tls: ServerTls.fromFiles('/etc/nginx/ssl/cluster.k8s.pem', '/etc/nginx/ssl/cluster.k8s.key'),
    backend: Backend.machines([registry], {
      scheme: Scheme.HTTPS,
      port: 5000,
      tls: UpstreamTls.verified({ ca: CaBundle.fromFile('/etc/nginx/ssl/site-ca.pem'), serverName: 'registry.cluster.k8s' }),
    }),
    maxBodySize: Size.gibibytes(4),
    requestBuffering: false,
    description: 'images are pushed past the Ingress',
  });

  new EnvironmentEntry(chart, 'prod-shop', {
    balancer, environment: 'prod', application: 'shop', domains: ['shop.example.com', 'www.shop.example.com'], internalHost: 'shop.prod.cluster.k8s',
  });
  new EnvironmentEntry(chart, 'prod-pay', {
    balancer, environment: 'prod', application: 'pay', domains: ['pay.example.com'], internalHost: 'pay.prod.cluster.k8s', retry: RetryPolicy.NEVER,
  });
  new EnvironmentEntry(chart, 'prod-api', {
    balancer, environment: 'prod', application: 'api', domains: ['api.example.com'], readTimeout: Duration.minutes(5), maxBodySize: Size.mebibytes(64),
  });
  new EnvironmentEntry(chart, 'pre', {
    balancer,
    environment: 'pre',
    domains: ['pre.example.com'],
    tls: ServerTls.fromFiles('/etc/nginx/ssl/example.com.pem', '/etc/nginx/ssl/example.com.key', { hsts: Duration.days(365) }),
  });
  new EnvironmentEntry(chart, 'test', {
    balancer, environment: 'test', domains: ['test.example.com', '10.10.20.2'], defaultServer: true, description: 'also by the bare address',
  });
  new EnvironmentEntry(chart, 'dev', { balancer, environment: 'dev', domains: ['dev.example.com'], port: 8080 });

  const egress = new EgressProxy(chart, 'egress', {
    nodes: NodePool.egress(chart, 'egress-nodes', { nodes: [node1, node2, node3] }),
    image: 'mirror.cluster.k8s/library/nginx:1.30.4-alpine',
  });
  const bankCa = kplus.Secret.fromSecretName(chart, 'bank-ca', 'bank-ca');
  egress.addRoute('bank', {
    scheme: Scheme.HTTPS,
    host: 'api.bank.example',
    targets: ['203.0.113.10', '203.0.113.11'],
    tls: UpstreamTls.verified({ ca: CaBundle.fromSecret(bankCa, 'bank.pem') }),
    readTimeout: Duration.seconds(30),
  });
  egress.addRoute('legacy', {
    scheme: Scheme.HTTPS,
    host: 'legacy.example',
    targets: ['198.51.100.7:8443'],
    tls: UpstreamTls.insecure('its certificate ran out in 2019; ticket NET-77'),
    port: 8080,
    description: 'stock levels of the old warehouse',
  });
  return app;
}
