import * as kplus from 'cdk8s-plus-28';
import { Backend, CaBundle, EnvironmentEntry, EnvironmentEntryProps, IngressBalancerProps, NodePool, PoolNode, Scheme, UpstreamTls } from '../lib';
import { fileOf, newBalancer, newChart, NODE1, NODE2, SVC } from './support/constructs';
import { blocks, members, valueOf } from './support/nginx-text';

interface Served {
  readonly server: string[];
  readonly members: string[];
  readonly upstream: string[];
  readonly main: string;
}

/** What a balancer makes of a backend, for one entry of the environment `prod` with the domain example.com. */
function serve(backend?: Backend, props: Partial<EnvironmentEntryProps> = {}, balancerProps: Partial<IngressBalancerProps> = {}): Served {
  const chart = newChart();
  const balancer = newBalancer(chart, balancerProps);
  new EnvironmentEntry(chart, 'prod', { balancer, environment: 'prod', domains: ['example.com'], backend, ...props });
  const upstreams = fileOf(balancer, 'conf.d/ingress.cluster.k8s.conf');
  return {
    server: blocks(fileOf(balancer, 'conf.d/prod.cluster.k8s.conf'), 'server')[0],
    members: members(upstreams, 'prod'),
    upstream: blocks(upstreams, 'upstream')[0],
    main: fileOf(balancer, 'nginx.conf').replace(/ +/g, ' '),
  };
}

const nodes = (...given: PoolNode[]) => ({ nodes: NodePool.ingress(newChart(), 'nodes', { nodes: given }) });
const host = ({ server }: Served) => server.find((line) => line.startsWith('proxy_set_header Host '));

describe('the ingress nodes', () => {
  test('are the default, each once more as a backup for the case that all are marked as failed', () => {
    expect(serve().members).toEqual([
      'server 10.10.20.21:80 max_fails=3 fail_timeout=10s;',
      'server 10.10.20.22:80 max_fails=3 fail_timeout=10s;',
      'server 10.10.20.21:80 backup max_fails=0;',
      'server 10.10.20.22:80 backup max_fails=0;',
    ]);
    expect(serve(Backend.ingress())).toEqual(serve());
  });

  test('are named beside their addresses', () => {
    expect(serve().upstream).toContain('server 10.10.20.21:80 max_fails=3 fail_timeout=10s; # node1.cluster.k8s');
  });

  test('are without a backup when there is one', () => {
    expect(serve(undefined, {}, nodes(NODE1)).members).toEqual(['server 10.10.20.21:80 max_fails=3 fail_timeout=10s;']);
  });

  test('get requests by their weight, and none when they are drained', () => {
    const pool = nodes({ ...NODE1, weight: 3 }, { ...NODE2, drained: true }, { name: 'node3', address: '2001:db8::3', weight: 1 });

    expect(serve(undefined, {}, pool).members).toEqual([
      'server 10.10.20.21:80 weight=3 max_fails=3 fail_timeout=10s;',
      'server [2001:db8::3]:80 max_fails=3 fail_timeout=10s;',
      'server 10.10.20.21:80 weight=3 backup max_fails=0;',
      'server [2001:db8::3]:80 backup max_fails=0;',
    ]);
  });

  test('keep connections for 30 seconds', () => {
    const { upstream } = serve();

    expect(valueOf(upstream, 'keepalive')).toBe('32');
    expect(valueOf(upstream, 'keepalive_timeout')).toBe('30s');
    expect(valueOf(upstream, 'zone')).toBe('prod 64k');
  });

  test('get the internal host, or the one that the backend says', () => {
    expect(host(serve())).toBe('proxy_set_header Host prod.cluster.k8s;');
    expect(host(serve(Backend.ingress({ host: 'other.cluster.k8s' })))).toBe('proxy_set_header Host other.cluster.k8s;');
  });
});

describe('machines', () => {
  test('are spoken to in http on port 80, with the name that the user asked for', () => {
    const served = serve(Backend.machines([SVC]));

    expect(served.members).toEqual(['server 10.10.20.0:80 max_fails=3 fail_timeout=10s;']);
    expect(served.server).toContain('proxy_pass http://prod;');
    expect(host(served)).toBe('proxy_set_header Host $host;');
  });

  test('send no name of ours to the client when they get the user\'s', () => {
    const { server } = serve(Backend.machines([SVC]));

    expect(server).toContain('proxy_redirect off;');
    expect(server.join()).not.toContain('proxy_cookie_domain');
  });

  test('can be several, with weights, on another port and with a host', () => {
    const served = serve(Backend.machines([{ ...NODE1, weight: 2 }, NODE2], { port: 8080, host: 'app.cluster.k8s' }));

    expect(served.members.slice(0, 2)).toEqual([
      'server 10.10.20.21:8080 weight=2 max_fails=3 fail_timeout=10s;',
      'server 10.10.20.22:8080 max_fails=3 fail_timeout=10s;',
    ]);
    expect(host(served)).toBe('proxy_set_header Host app.cluster.k8s;');
    expect(served.server).toContain('proxy_redirect http://app.cluster.k8s/ /;');
    expect(served.server).toContain('proxy_cookie_domain app.cluster.k8s $host;');
  });

  test('keep connections for 4 seconds, since many servers close them after 5', () => {
    expect(valueOf(serve(Backend.machines([SVC])).upstream, 'keepalive_timeout')).toBe('4s');
  });

  test('are spoken to in https on port 443, and verified for the name that the user asked for', () => {
    const { members: https, server, main } = serve(Backend.machines([SVC], { scheme: Scheme.HTTPS }));

    expect(https).toEqual(['server 10.10.20.0:443 max_fails=3 fail_timeout=10s;']);
    expect(server).toContain('proxy_pass https://prod;');
    expect(valueOf(server, 'proxy_ssl_name')).toBe('$host');
    expect(main).toContain('proxy_ssl_verify on;');
    expect(main).toContain('proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;');
  });

  test('are verified with a file of the load balancer, for the host or a name of their own', () => {
    const ca = CaBundle.fromFile('/etc/ssl/site-ca.pem');
    const named = (serverName?: string) => serve(Backend.machines([SVC], { scheme: Scheme.HTTPS, host: 'app.cluster.k8s', tls: UpstreamTls.verified({ ca, serverName }) }));

    expect(valueOf(named().server, 'proxy_ssl_trusted_certificate')).toBe('/etc/ssl/site-ca.pem');
    expect(valueOf(named().server, 'proxy_ssl_verify')).toBe('on');
    expect(valueOf(named().server, 'proxy_ssl_name')).toBe('app.cluster.k8s');
    expect(valueOf(named('tls.cluster.k8s').server, 'proxy_ssl_name')).toBe('tls.cluster.k8s');
  });

  test('are not verified with a reason', () => {
    const { server } = serve(Backend.machines([SVC], { scheme: Scheme.HTTPS, tls: UpstreamTls.insecure('an old appliance') }));

    expect(server).toContain('# the certificate is not verified: an old appliance');
    expect(valueOf(server, 'proxy_ssl_verify')).toBe('off');
  });
});

describe('refuses', () => {
  test('no machines', () => {
    expect(() => Backend.machines([])).toThrow('\'machines\' is []: at least one node is needed');
  });

  test('two machines of one address', () => {
    expect(() => Backend.machines([SVC, { name: 'other', address: SVC.address }])).toThrow('\'machines[1].address\' is "10.10.20.0": machines[0] has it already');
  });

  test('machines that are all drained', () => {
    expect(() => serve(Backend.machines([{ ...SVC, drained: true }])))
      .toThrow('\'machines\' is ["svc.cluster.k8s"]: all of them are drained: leave one that takes the requests');
  });

  test.each([0, 65536, 80.5])('port %d', (port) => {
    expect(() => Backend.machines([SVC], { port })).toThrow(`'port' is ${port}: the port must be 1..65535`);
  });

  test.each(['10.10.20.0', 'a_b', 'a:80'])('%s as a host', (name) => {
    expect(() => Backend.machines([SVC], { host: name })).toThrow(`'host' is "${name}": a DNS name has labels`);
    expect(() => Backend.ingress({ host: name })).toThrow(`'host' is "${name}": a DNS name has labels`);
  });

  test('TLS without the scheme', () => {
    expect(() => Backend.machines([SVC], { tls: UpstreamTls.verified() })).toThrow('\'tls\' is "given": it needs \'scheme: Scheme.HTTPS\', or leave it out');
  });

  test('certificates that live in the cluster', () => {
    // GIVEN
    const chart = newChart();
    const trusting = (ca: CaBundle) => () => serve(Backend.machines([SVC], { scheme: Scheme.HTTPS, tls: UpstreamTls.verified({ ca }) }));
    const fix = 'the load balancer is outside the cluster and reads files only: copy the certificates there and use \'CaBundle.fromFile\'';

    // THEN
    expect(trusting(CaBundle.fromConfigMap(kplus.ConfigMap.fromConfigMapName(chart, 'a', 'root-ca')))).toThrow(`'ca' is "configMap root-ca": ${fix}`);
    expect(trusting(CaBundle.fromSecret(kplus.Secret.fromSecretName(chart, 'b', 'root-ca')))).toThrow(`'ca' is "secret root-ca": ${fix}`);
  });
});
