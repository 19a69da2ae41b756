import { App, Chart, Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Backend, CaBundle, EgressProxy, EnvironmentEntry, IngressBalancer, ManagementEntry, NodePool, Scheme, ServerTls, UpstreamTls } from './lib';

const lb = { name: 'ingress.cluster.k8s', address: '10.10.20.2' };
const svc = { name: 'svc.cluster.k8s', address: '10.10.20.0' };
const node1 = { name: 'node1.cluster.k8s', address: '10.10.20.21' };
const node2 = { name: 'node2.cluster.k8s', address: '10.10.20.22' };

const app = new App();
const chart = new Chart(app, 'traffic', { namespace: 'prod' });

const balancer = new IngressBalancer(chart, 'ingress', {
  machines: [lb],
  nodes: NodePool.ingress(chart, 'ingress-nodes', { nodes: [node1, node2] }),
});

new ManagementEntry(chart, 'dashboard', {
  balancer,
  domains: ['dashboard.cluster.k8s'],
  tls: ServerTls.fromFiles('/etc/nginx/conf.d/ssl/cluster.k8s.pem', '/etc/nginx/conf.d/ssl/cluster.k8s.key'),
  maxBodySize: Size.gibibytes(1),
});
new ManagementEntry(chart, 'nexus', {
  balancer,
  domains: ['mirror.cluster.k8s'],
  backend: Backend.machines([svc]),
  maxBodySize: Size.gibibytes(1),
});

new EnvironmentEntry(chart, 'prod', {
  balancer,
  environment: 'prod',              // → conf.d/prod.cluster.k8s.conf
  application: 'a',                 // → /var/log/nginx/a_prod_access.log
  domains: ['example.com'],         // what users type
  internalHost: 'prod.cluster.k8s', // what the Ingress listens to
  maxBodySize: Size.gibibytes(1),
});

// the site's own CA: kubectl -n prod create configmap root-ca --from-file=ca.crt
const rootCa = CaBundle.fromConfigMap(kplus.ConfigMap.fromConfigMapName(chart, 'root-ca', 'root-ca'));

const egress = new EgressProxy(chart, 'egress', {
  nodes: NodePool.egress(chart, 'egress-nodes', { nodes: [node1, node2] }),
});
egress.addRoute('dashboard', {
  scheme: Scheme.HTTPS,
  host: 'dashboard.cluster.k8s',
  targets: ['10.10.20.21:443', '10.10.20.22:443'],
  tls: UpstreamTls.verified({ ca: rootCa }),
  connectTimeout: Duration.seconds(60),
  sendTimeout: Duration.seconds(60),
  readTimeout: Duration.seconds(60),
  maxBodySize: Size.gibibytes(1),
});
egress.addRoute('nexus', { scheme: Scheme.HTTP, host: 'mirror.cluster.k8s', targets: ['10.10.20.0'] });

app.synth();
