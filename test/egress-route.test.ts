import { Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { EgressRoute, EgressRouteOptions, RetryPolicy, Scheme, UpstreamTls } from '../lib';
import { newChart, newEgress } from './support/constructs';
import { deployment, manifests, nginxTexts, podSpec } from './support/manifests';
import { blocks, linesOf, members, serverOf, valueOf } from './support/nginx-text';

interface Made {
  readonly route: EgressRoute;
  readonly server: string[];
  readonly members: string[];
  readonly upstream: string[];
  readonly text: string;
}

/** A route `partner` to an http target, with other options where they are given. */
function newRoute(options: Partial<EgressRouteOptions> = {}): Made {
  const chart = newChart();
  const route = newEgress(chart).addRoute('partner', { scheme: Scheme.HTTP, targets: ['203.0.113.1'], ...options });
  const text = nginxTexts(chart)['routes-1.conf'];
  return {
    route,
    text,
    server: serverOf(text, 'partner', route.containerPort),
    members: members(text, 'partner'),
    upstream: blocks(text, 'upstream')[0],
  };
}

const host = ({ server }: Made) => server.find((line) => line.startsWith('proxy_set_header Host '))?.split(/[ ;]/)[2];

describe('a route', () => {
  test('is a Service of its name in the namespace of the proxy', () => {
    const chart = newChart();
    const route = newEgress(chart).addRoute('partner', { scheme: Scheme.HTTP, targets: ['203.0.113.1'] });
    const [{ metadata, spec }] = manifests(chart, 'Service');

    expect(metadata).toMatchObject({ name: 'partner', namespace: 'prod' });
    expect(spec).toEqual({
      type: 'ClusterIP',
      selector: { 'app.kubernetes.io/name': 'egress-proxy', 'app.kubernetes.io/instance': 'egress' },
      ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: expect.stringMatching(/^r-[0-9a-f]{10}$/) as string }],
    });
    expect(route.service).toBeInstanceOf(kplus.Service);
    expect([route.name, route.service.name]).toEqual(['partner', 'partner']);
  });

  test('is called by its name, and by the port when that is another than 80', () => {
    expect(newRoute().route.url).toBe('http://partner');
    expect(newRoute({ port: 80 }).route.url).toBe('http://partner');
    expect(newRoute({ port: 8080 }).route.url).toBe('http://partner:8080');
  });

  test('has the port of the Service that is given, whatever the pods listen on', () => {
    const chart = newChart();
    const egress = newEgress(chart);
    const ports = [undefined, 8080].map((port, i) => egress.addRoute(`route-${i}`, { scheme: Scheme.HTTP, targets: ['203.0.113.1'], port }).containerPort);

    expect(manifests(chart, 'Service').map(({ spec }) => spec.ports[0].port)).toEqual([80, 8080]);
    expect(podSpec(chart).containers[0].ports.slice(1).map(({ containerPort }) => containerPort)).toEqual(ports);
  });

  test('answers under any Host that a client sends', () => {
    const { route, server } = newRoute();

    expect(valueOf(server, 'listen')).toBe(`${route.containerPort} default_server`);
  });

  test('has its defaults', () => {
    const { server, upstream } = newRoute();

    expect(valueOf(server, 'client_max_body_size')).toBe('16m');
    expect(valueOf(server, 'proxy_connect_timeout')).toBe('10s');
    expect(valueOf(server, 'proxy_send_timeout')).toBe('10s');
    expect(valueOf(server, 'proxy_read_timeout')).toBe('10s');
    expect(valueOf(server, 'proxy_next_upstream')).toBe('error timeout');
    expect(valueOf(server, 'proxy_next_upstream_tries')).toBe('1');
    expect(valueOf(server, 'proxy_request_buffering')).toBeUndefined();
    expect(valueOf(upstream, 'keepalive')).toBe('16');
    expect(valueOf(upstream, 'keepalive_timeout')).toBe('4s');
  });

  test('takes body size, timeouts, buffering and retries', () => {
    const { server } = newRoute({
      maxBodySize: Size.gibibytes(1),
      connectTimeout: Duration.seconds(2),
      sendTimeout: Duration.seconds(30),
      readTimeout: Duration.minutes(2),
      requestBuffering: false,
      retry: RetryPolicy.ALL,
    });

    expect(valueOf(server, 'client_max_body_size')).toBe('1024m');
    expect(valueOf(server, 'proxy_connect_timeout')).toBe('2s');
    expect(valueOf(server, 'proxy_send_timeout')).toBe('30s');
    expect(valueOf(server, 'proxy_read_timeout')).toBe('120s');
    expect(valueOf(server, 'proxy_request_buffering')).toBe('off');
    expect(valueOf(server, 'proxy_next_upstream')).toBe('error timeout non_idempotent');
  });

  test('stands below its name and its description', () => {
    expect(newRoute({ description: 'stock levels; "x" $y }' }).text).toContain('\n# egress/partner\n# stock levels; "x" $y }\nserver {\n');
  });

  test('tells the external system nothing about who calls', () => {
    const chart = newChart();
    newEgress(chart).addRoute('partner', { scheme: Scheme.HTTP, targets: ['203.0.113.1'] });
    const lines = Object.values(nginxTexts(chart)).flatMap(linesOf);
    const forwarding = ['X-Real-IP', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Port', 'X-Forwarded-Proto', 'X-Forwarded-Prefix', 'Forwarded', 'Proxy'];

    expect(lines.filter((line) => /^proxy_set_header .*\$(remote_addr|proxy_add_x_forwarded_for)/.test(line))).toEqual([]);
    expect(lines).toEqual(expect.arrayContaining(forwarding.map((name) => `proxy_set_header ${name} "";`)));
  });
});

describe('the targets', () => {
  test.each([
    [Scheme.HTTP, ['203.0.113.1'], ['server 203.0.113.1:80 max_fails=3 fail_timeout=10s;']],
    [Scheme.HTTPS, ['203.0.113.1'], ['server 203.0.113.1:443 max_fails=3 fail_timeout=10s;']],
    [Scheme.HTTP, ['203.0.113.1:8080'], ['server 203.0.113.1:8080 max_fails=3 fail_timeout=10s;']],
    [Scheme.HTTPS, ['[2001:DB8::1]:8443'], ['server [2001:db8::1]:8443 max_fails=3 fail_timeout=10s;']],
  ])('with %s %j always have a port', (scheme, targets, lines) => {
    expect(newRoute({ scheme, targets, host: 'partner.example' }).members).toEqual(lines);
  });

  test('are once more there as backups when there are several, for the case that all are marked as failed', () => {
    expect(newRoute({ targets: ['203.0.113.1', '203.0.113.2:8080'], host: 'partner.example' }).members).toEqual([
      'server 203.0.113.1:80 max_fails=3 fail_timeout=10s;',
      'server 203.0.113.2:8080 max_fails=3 fail_timeout=10s;',
      'server 203.0.113.1:80 backup max_fails=0;',
      'server 203.0.113.2:8080 backup max_fails=0;',
    ]);
  });

  test('that are two get a budget in which a silent first one does not cost the request the second one', () => {
    const { server } = newRoute({ targets: ['203.0.113.1', '203.0.113.2'], host: 'partner.example' });

    expect(valueOf(server, 'proxy_next_upstream_tries')).toBe('2');
    expect(valueOf(server, 'proxy_next_upstream_timeout')).toBe('20s');
  });
});

describe('the Host that is sent', () => {
  test.each([
    ['203.0.113.1', '203.0.113.1'],
    ['203.0.113.1:80', '203.0.113.1'],
    ['203.0.113.1:8080', '203.0.113.1:8080'],
    ['[2001:db8::1]', '[2001:db8::1]'],
    ['[2001:db8::1]:8080', '[2001:db8::1]:8080'],
  ])('to the only target %s is %s by default', (target, expected) => {
    expect(host(newRoute({ targets: [target] }))).toBe(expected);
  });

  test('is the one that is given', () => {
    expect(host(newRoute({ host: 'partner.example', targets: ['203.0.113.1:8080'] }))).toBe('partner.example');
  });

  test('does not come back in redirects and cookies', () => {
    const { server } = newRoute({ host: 'partner.example' });

    expect(server).toContain('proxy_redirect http://partner.example/ /;');
    expect(server).toContain('proxy_redirect https://partner.example/ /;');
    expect(server).toContain('proxy_cookie_domain partner.example $host;');
  });

  test('has no port in the domains of cookies', () => {
    expect(newRoute({ targets: ['203.0.113.1:8080'] }).server).toContain('proxy_cookie_domain 203.0.113.1 $host;');
  });
});

test.each([
  [undefined, 60, 75, 600],
  [Duration.seconds(90), 90, 105, 600],
  [Duration.minutes(9), 540, 555, 675],
  [Duration.hours(2), 600, 615, 735],
])('the slowest route decides how long a pod may take to end: %s', (readTimeout, shutdown, grace, deadline) => {
  // GIVEN
  const chart = newChart();
  newEgress(chart).addRoute('partner', { scheme: Scheme.HTTP, targets: ['203.0.113.1'], readTimeout });

  // THEN
  expect(nginxTexts(chart)['nginx.conf']).toMatch(new RegExp(`^worker_shutdown_timeout +${shutdown}s;$`, 'm'));
  expect(podSpec(chart).terminationGracePeriodSeconds).toBe(grace);
  expect(deployment(chart).spec.progressDeadlineSeconds).toBe(deadline);
});

describe('refuses', () => {
  const route = (options: Partial<EgressRouteOptions>) => () => newRoute(options);

  test.each(['Partner', '1partner', 'a_b', 'a.b', '', 'a'.repeat(64), 'a; } server {'])('the name %j', (name) => {
    expect(() => newEgress(newChart()).addRoute(name, { scheme: Scheme.HTTP, targets: ['203.0.113.1'] })).toThrow(
      `'name' is ${JSON.stringify(name)}: the name of a Service has 1..63 characters of a-z, 0-9 and "-", starts with a letter and ends with a letter or a digit`);
  });

  test('no targets', () => {
    expect(route({ targets: [] })).toThrow('\'targets\' is []: at least one target is needed');
    expect(route({ targets: '203.0.113.1' as unknown as string[] })).toThrow('\'targets\' is "203.0.113.1": at least one target is needed');
  });

  test('a port that is none, naming the target', () => {
    expect(route({ targets: ['10.10.20.22:443', '10.10.20.21:99999'] })).toThrow('\'targets[1]\' is "10.10.20.21:99999": the port must be 1..65535');
  });

  test.each([
    ['10.0.0.1; } server { listen 9999; }', 'a DNS name has labels of a-z, 0-9 and "-"'],
    ['unix:/var/run/docker.sock', 'a target is "ip", "ip:port", "[ipv6]:port" or "name:port"'],
    ['https://partner.example', 'leave the scheme out, it has a prop of its own'],
    ['2130706433', 'an IPv4 address has four numbers of 0..255 without leading zeros'],
    ['2001:db8::1', 'write "[2001:db8::1]:80"'],
  ])('the target %s', (target, reason) => {
    expect(route({ targets: [target] })).toThrow(reason);
  });

  test('a target that is a name', () => {
    expect(route({ targets: ['partner.example'] })).toThrow(
      '\'targets[0]\' is "partner.example": an address is needed: nginx would look the name up once, at its start, and not start at all without an answer');
  });

  test.each([
    [['203.0.113.1', '203.0.113.1:80'], '\'targets[1]\' is "203.0.113.1:80": the route has 203.0.113.1:80 already'],
    [['[::1]:8080', '[0::1]:8080'], '\'targets[1]\' is "[0::1]:8080": the route has [::1]:8080 already'],
  ])('one target twice, also when it is spelled otherwise: %j', (targets, reason) => {
    expect(route({ targets, host: 'a.example' })).toThrow(`${reason}, and a target that is there twice doubles the time that a dead one costs`);
  });

  test('several targets without a host', () => {
    expect(route({ targets: ['203.0.113.1', '203.0.113.2'] })).toThrow('\'host\' is not given: with several targets it must say which name they answer to');
  });

  test('https to an address without a name to verify', () => {
    expect(route({ scheme: Scheme.HTTPS })).toThrow('\'host\' is not given: with https it must say which name the certificate carries: nginx does not verify addresses');
  });

  test.each(['10.0.0.1', 'a_b', 'partner.example:443', 'https://partner.example'])('the host %s', (name) => {
    expect(route({ host: name })).toThrow(`'host' is "${name}": a DNS name has labels`);
  });

  test('TLS without the scheme', () => {
    expect(route({ tls: UpstreamTls.insecure('ticket') })).toThrow('\'tls\' is "given": it needs \'scheme: Scheme.HTTPS\', or leave it out');
  });

  test.each([0, 65536])('port %d of the Service', (port) => {
    expect(route({ port })).toThrow(`'port' is ${port}: the port must be 1..65535`);
  });

  test.each(['', 'a\nb'])('the description %j', (description) => {
    expect(route({ description })).toThrow(`'description' is ${JSON.stringify(description)}: one line of text is expected`);
  });

  test('a body size or a time of 0', () => {
    expect(route({ maxBodySize: Size.mebibytes(0) })).toThrow('\'maxBodySize\' is "0 KiB": a whole number of kibibytes from 1 KiB to 1 PiB is expected');
    expect(route({ connectTimeout: Duration.seconds(0) })).toThrow('\'connectTimeout\' is "0 ms": a whole number of milliseconds');
    expect(route({ sendTimeout: Duration.seconds(0) })).toThrow('\'sendTimeout\' is "0 ms": a whole number of milliseconds');
    expect(route({ readTimeout: Duration.seconds(0) })).toThrow('\'readTimeout\' is "0 ms": a whole number of milliseconds');
  });
});
