import { Chart, Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { IngressBalancer, IngressBalancerProps, ManagementEntry, NodePool, ServerTls, StreamBackend, StreamEntry, StreamEntryProps } from '../lib';
import { fileOf, LB, newBalancer, newChart, NODE1, NODE2, SVC } from './support/constructs';
import { manifests } from './support/manifests';
import { blocks, linesOf, members, valueOf } from './support/nginx-text';

const MASTERS = [{ name: 'master1', address: '10.10.20.11' }, { name: 'master2', address: '10.10.20.12' }];
const API_SERVER = StreamBackend.machines(MASTERS, 6443);

interface Made {
  readonly chart: Chart;
  readonly balancer: IngressBalancer;
  readonly entry: StreamEntry;
  readonly stream: () => string;
  readonly main: () => string;
}

/** A balancer with one stream entry on port 16443. */
function newStream(props: Partial<StreamEntryProps> = {}, balancerProps: Partial<IngressBalancerProps> = {}): Made {
  const chart = newChart();
  const balancer = newBalancer(chart, balancerProps);
  const entry = new StreamEntry(chart, 'api', { balancer, port: 16443, backend: API_SERVER, ...props });
  return { chart, balancer, entry, stream: () => fileOf(balancer, 'stream.d/cluster.k8s.conf'), main: () => fileOf(balancer, 'nginx.conf') };
}
const serverOf = ({ stream }: Made) => blocks(stream(), 'server')[0];

describe('a port', () => {
  test('of the balancer leads to one of the machines', () => {
    const made = newStream();

    expect(members(made.stream(), 'tcp_16443')).toEqual([
      'server 10.10.20.11:6443 max_fails=3 fail_timeout=10s;',
      'server 10.10.20.12:6443 max_fails=3 fail_timeout=10s;',
      'server 10.10.20.11:6443 backup max_fails=0;',
      'server 10.10.20.12:6443 backup max_fails=0;',
    ]);
    expect(serverOf(made)).toEqual([
      'server {', 'listen 16443;', 'proxy_pass tcp_16443;', 'proxy_timeout 600s;', 'proxy_connect_timeout 3s;', 'proxy_next_upstream_tries 2;',
      'proxy_next_upstream_timeout 10s;', 'proxy_socket_keepalive on;', '}',
    ]);
    expect(made.stream()).toContain('\n# traffic/api\nserver {\n');
  });

  test('leads to the ingress nodes by their weight, and to none that is drained', () => {
    const nodes = NodePool.ingress(newChart(), 'nodes', { nodes: [{ ...NODE1, weight: 2 }, { ...NODE2, drained: true }] });

    expect(members(newStream({ backend: StreamBackend.ingress(30443) }, { nodes }).stream(), 'tcp_16443')).toEqual(['server 10.10.20.21:30443 weight=2 max_fails=3 fail_timeout=10s;']);
  });

  test('can be closed when nothing was sent for a while', () => {
    expect(valueOf(serverOf(newStream({ idleTimeout: Duration.hours(1) })), 'proxy_timeout')).toBe('3600s');
  });

  test('of UDP holds a client for 30 seconds, since nothing says when it is done', () => {
    expect(valueOf(serverOf(newStream({ protocol: kplus.Protocol.UDP, backend: StreamBackend.ingress(53) })), 'proxy_timeout')).toBe('30s');
  });

  test('can be open to some addresses only', () => {
    expect(serverOf(newStream({ allowFrom: ['10.0.0.0/8', '2001:db8::/32'] })).slice(2, 5)).toEqual(['allow 10.0.0.0/8;', 'allow 2001:db8::/32;', 'deny all;']);
  });

  test('is listened on with IPv6 too when the balancer has such an address', () => {
    const machines = [{ name: LB.name, address: '2001:db8::2' }];

    expect(serverOf(newStream({}, { machines })).slice(1, 3)).toEqual(['listen 16443;', 'listen [::]:16443;']);
  });

  test('of UDP goes to one worker, so that all packets of a client reach the same machine', () => {
    const made = newStream({ protocol: kplus.Protocol.UDP });

    expect(serverOf(made).slice(1, 3)).toEqual(['listen 16443 udp reuseport;', 'proxy_pass udp_16443;']);
    expect(made.stream()).not.toContain('proxy_socket_keepalive');
  });

  test('can be of TCP and of UDP at once', () => {
    const made = newStream();
    new StreamEntry(made.chart, 'udp', { balancer: made.balancer, port: 16443, protocol: kplus.Protocol.UDP, backend: API_SERVER });

    expect(blocks(made.stream(), 'server').map(([, listen]) => listen)).toEqual(['listen 16443;', 'listen 16443 udp reuseport;']);
  });
});

describe('nginx.conf', () => {
  test('includes the streams by name, in a stream block with its log', () => {
    const [lines] = blocks(newStream().main(), 'stream');

    expect(lines).toEqual([
      'stream {',
      expect.stringMatching(/^log_format gatehouse '\[\$time_local\] \$remote_addr -> \$server_port "\$protocol \$status" Sent=/),
      'access_log /var/log/nginx/stream_access.log gatehouse buffer=64k flush=1s;',
      'include stream.d/cluster.k8s.conf;',
      '}',
    ]);
  });

  test('has no stream block and no module without stream entries', () => {
    const text = fileOf(newBalancer(newChart(), { streamModule: 'modules/ngx_stream_module.so' }), 'nginx.conf');

    expect(blocks(text, 'stream')).toEqual([]);
    expect(text).not.toContain('load_module');
  });

  test.each(['modules/ngx_stream_module.so', '/usr/lib/nginx/modules/ngx_stream_module.so'])('loads the module where it was packaged apart: %s', (streamModule) => {
    expect(valueOf(linesOf(newStream({}, { streamModule }).main()), 'load_module')).toBe(streamModule);
    expect(newStream().main()).not.toContain('load_module');
  });

  test('takes the client from the PROXY protocol of the trusted proxies, and TCP ports expect it', () => {
    const made = newStream({}, { trustedProxies: ['10.10.30.0/24'], acceptProxyProtocol: true });

    expect(serverOf(made)[1]).toBe('listen 16443 proxy_protocol;');
    expect(blocks(made.main(), 'stream')[0]).toContain('set_real_ip_from 10.10.30.0/24;');
  });

  test('expects no PROXY protocol of UDP, nor of proxies that do not speak it', () => {
    expect(serverOf(newStream({ protocol: kplus.Protocol.UDP }, { trustedProxies: ['10.10.30.0/24'], acceptProxyProtocol: true }))[1]).toBe('listen 16443 udp reuseport;');
    expect(newStream({}, { trustedProxies: ['10.10.30.0/24'] }).stream()).not.toContain('proxy_protocol');
    expect(blocks(newStream({}, { trustedProxies: ['10.10.30.0/24'] }).main(), 'stream')[0].join()).not.toContain('set_real_ip_from');
  });
});

describe('names that clients ask for (SNI)', () => {
  const MIRROR = StreamBackend.machines([SVC], 443);

  test('lead to machines of their own, all others to the backend', () => {
    const made = newStream();
    made.entry.addServerName('mirror.example.com', MIRROR);
    made.entry.addServerName('a-b.example.com', StreamBackend.ingress(443));

    expect(blocks(made.stream(), 'map')).toEqual([[
      'map $ssl_preread_server_name $gatehouse_stream_16443 {',
      'default tcp_16443;',
      'mirror.example.com tcp_16443_mirror_example_com;',
      'a-b.example.com tcp_16443_a-b_example_com;',
      '}',
    ]]);
    expect(members(made.stream(), 'tcp_16443_mirror_example_com')).toEqual(['server 10.10.20.0:443 max_fails=3 fail_timeout=10s;']);
    expect(serverOf(made)).toEqual(expect.arrayContaining(['ssl_preread on;', 'proxy_pass $gatehouse_stream_16443;']));
    expect(made.main()).toContain('map_hash_bucket_size');
  });

  test('that nobody serves are closed when there is no backend', () => {
    const made = newStream({ backend: undefined });
    made.entry.addServerName('mirror.example.com', MIRROR);

    expect(valueOf(blocks(made.stream(), 'map')[0], 'default')).toBe('gatehouse_nowhere');
    expect(blocks(made.stream(), 'upstream')[0]).toEqual(['upstream gatehouse_nowhere {', 'server 127.0.0.1:9 down;', '}']);
  });

  test.each(['default', 'hostnames', 'include', 'volatile'])('can be %s, which means something else to nginx', (name) => {
    const made = newStream();
    made.entry.addServerName(name, MIRROR);

    expect(blocks(made.stream(), 'map')[0][2]).toBe(`\\${name} tcp_16443_${name};`);
  });

  test('need no map in a port without names', () => {
    expect(newStream().stream()).not.toContain('map');
    expect(newStream().main()).not.toContain('map_hash');
  });
});

describe('the backend is told who the client is', () => {
  const TOLD = StreamBackend.machines([SVC], 443, { sendProxyProtocol: true });

  test('when it asks for it', () => {
    expect(valueOf(serverOf(newStream({ backend: TOLD })), 'proxy_protocol')).toBe('on');
    expect(valueOf(serverOf(newStream()), 'proxy_protocol')).toBeUndefined();
  });

  test('by a port whose names alone ask for it', () => {
    const made = newStream({ backend: undefined });
    made.entry.addServerName('a.example', TOLD);
    made.entry.addServerName('b.example', TOLD);

    expect(valueOf(serverOf(made), 'proxy_protocol')).toBe('on');
  });

  test('or not by all of a port, since nginx sends it to all or none', () => {
    const reason = ': the other backends of the entry have it otherwise, and nginx sends it to all backends of a port or to none';

    expect(() => newStream().entry.addServerName('a.example', TOLD)).toThrow(`'sendProxyProtocol' is true${reason}`);
    expect(() => newStream({ backend: TOLD }).entry.addServerName('a.example', API_SERVER)).toThrow(`'sendProxyProtocol' is false${reason}`);
  });

  test('by TCP only', () => {
    expect(() => newStream({ backend: TOLD, protocol: kplus.Protocol.UDP })).toThrow('\'sendProxyProtocol\' is true: PROXY protocol version 1 is for TCP, and the entry is UDP');
  });
});

describe('refuses', () => {
  test.each([0, 65536])('port %d', (port) => {
    expect(() => newStream({ port })).toThrow(`'port' is ${port}: the port must be 1..65535`);
  });

  test('a protocol that nginx does not know', () => {
    expect(() => newStream({ protocol: kplus.Protocol.SCTP })).toThrow('\'protocol\' is "SCTP": nginx knows TCP and UDP');
  });

  test('an idle timeout of 0', () => {
    expect(() => newStream({ idleTimeout: Duration.seconds(0) })).toThrow('\'idleTimeout\' is "0 ms": a whole number of milliseconds from 1 ms to 24 days is expected');
  });

  test('addresses that are none', () => {
    expect(() => newStream({ allowFrom: [] })).toThrow('\'allowFrom\' is []: at least one range of addresses is needed; leave it out for everybody');
    expect(() => newStream({ allowFrom: ['10.0.0.0/8', 'office'] })).toThrow('\'allowFrom[1]\' is "office": a range of addresses is expected');
  });

  test('machines that are all drained', () => {
    const drained = StreamBackend.machines([{ ...SVC, drained: true }], 443);

    expect(() => newStream({ backend: drained })).toThrow('\'machines\' is ["svc.cluster.k8s"]: all of them are drained: leave one that takes the requests');
    expect(() => newStream().entry.addServerName('a.example', drained)).toThrow('\'machines\' is ["svc.cluster.k8s"]: all of them are drained');
  });

  test('a name that is none, one twice, or one of UDP', () => {
    const { entry } = newStream();
    entry.addServerName('a.example', API_SERVER);

    expect(() => entry.addServerName('*.example', API_SERVER)).toThrow('\'name\' is "*.example": a DNS name has labels');
    expect(() => entry.addServerName('a.example', API_SERVER)).toThrow('\'name\' is "a.example": "traffic/api" has that name already');
    expect(() => newStream({ protocol: kplus.Protocol.UDP }).entry.addServerName('a.example', API_SERVER)).toThrow(
      '\'name\' is "a.example": names are read from TLS over TCP, and the entry is UDP');
  });

  test('to lead nowhere, at the synth', () => {
    const { chart, entry } = newStream({ backend: undefined });
    expect(() => manifests(chart)).toThrow('[traffic/api] the stream entry leads nowhere: set \'backend\', or add names with \'addServerName\'');

    entry.addServerName('a.example', API_SERVER);
    expect(() => manifests(chart)).not.toThrow();
  });

  test.each([
    ['ngx_stream_module', 'the file of a module ends in ".so", such as "modules/ngx_stream_module.so"'],
    ['', 'the file of a module ends in ".so", such as "modules/ngx_stream_module.so"'],
    ['../ngx_stream_module.so', 'an absolute path is expected'],
    ['modules/a b.so', 'an absolute path is expected'],
  ])('the module %j', (streamModule, reason) => {
    expect(() => newStream({}, { streamModule })).toThrow(reason);
  });
});

describe('a port that is taken is refused, naming the other:', () => {
  const TLS = ServerTls.fromFiles('/etc/ssl/a.pem', '/etc/ssl/a.key');
  const stream = ({ chart, balancer }: Made, port: number, protocol = kplus.Protocol.TCP) => new StreamEntry(chart, `${protocol}-${port}`, { balancer, port, protocol, backend: API_SERVER });

  test('two streams', () => {
    expect(() => stream(newStream(), 16443)).toThrow('\'port\' is 16443: "traffic/api" listens on it already: give one of them another port');
    expect(() => stream(newStream({ protocol: kplus.Protocol.UDP }), 16443, kplus.Protocol.UDP)).toThrow('\'port\' is 16443: "traffic/api" listens on it already');
  });

  test('an entry and then a stream', () => {
    const made = newStream();
    new ManagementEntry(made.chart, 'app', { balancer: made.balancer, domains: ['app.example'], tls: TLS });

    expect(() => stream(made, 443)).toThrow('\'port\' is 443: "traffic/app" listens on it already: give one of them another port');
    expect(() => stream(made, 443, kplus.Protocol.UDP)).not.toThrow();
  });

  test('a stream and then an entry', () => {
    const { chart, balancer } = newStream({ port: 443 });

    expect(() => new ManagementEntry(chart, 'app', { balancer, domains: ['app.example'], tls: TLS })).toThrow(
      '\'port\' is 443: "traffic/api" passes all bytes of it on: give one of them another port');
  });
});
