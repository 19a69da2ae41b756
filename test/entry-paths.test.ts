import { Duration, Size } from 'cdk8s';
import {
  AccessLogFormat, Backend, CaBundle, Entry, EnvironmentEntry, EnvironmentEntryProps, IngressBalancer, IngressBalancerProps, ManagementEntry,
  NodePool, PathOptions, RateLimit, RetryPolicy, Scheme, ServerTls, TlsPolicy, UpstreamTls,
} from '../lib';
import { fileOf, newBalancer, newChart, NODE1, NODE2, SVC } from './support/constructs';
import { blocks, linesOf, members, valueOf } from './support/nginx-text';

const CERTIFICATE = '/etc/ssl/a.pem';
const TLS = ServerTls.fromFiles(CERTIFICATE, '/etc/ssl/a.key');
const MACHINES = Backend.machines([SVC], { host: 'svc.cluster.k8s' });

type Props = Omit<Partial<EnvironmentEntryProps>, 'balancer'>;

interface Made {
  readonly balancer: IngressBalancer;
  readonly entry: EnvironmentEntry;
  /** The file of the entry. */
  readonly text: () => string;
  readonly server: () => string[];
  /** The locations of the entry by their head. */
  readonly locations: () => Map<string, string[]>;
  readonly upstreams: () => string;
  readonly main: () => string;
}

/** The entry `app` of prod for example.com. */
function newEntry(props: Props = {}, balancerProps: Partial<IngressBalancerProps> = {}): Made {
  const chart = newChart();
  const balancer = newBalancer(chart, balancerProps);
  const entry = new EnvironmentEntry(chart, 'app', { balancer, environment: 'prod', domains: ['example.com'], ...props });
  const text = () => fileOf(balancer, 'conf.d/prod.cluster.k8s.conf');
  return {
    balancer,
    entry,
    text,
    server: () => blocks(text(), 'server')[0],
    locations: () => new Map(blocks(text(), 'location').map((lines) => [lines[0].slice('location '.length, -' {'.length), lines])),
    upstreams: () => fileOf(balancer, 'conf.d/ingress.cluster.k8s.conf'),
    main: () => fileOf(balancer, 'nginx.conf'),
  };
}

/** The lines of a location. */
function locationOf(made: Made, head: string): string[] {
  const lines = made.locations().get(head);
  expect(lines).toBeDefined();
  return lines ?? [];
}
const headersOf = (lines: string[]) => lines.filter((line) => line.startsWith('proxy_set_header '));

describe('a path', () => {
  test('is itself and everything below it, and never what only starts alike', () => {
    const made = newEntry();
    made.entry.addPath('/api/v1', { backend: MACHINES });

    expect([...made.locations().keys()]).toEqual(['/', '= /api/v1', '/api/v1/']);
    expect(locationOf(made, '= /api/v1').slice(1)).toEqual(locationOf(made, '/api/v1/').slice(1));
  });

  test('leads to its backend, with the Host of that', () => {
    const made = newEntry();
    made.entry.addPath('/mirror', { backend: MACHINES });
    made.entry.addPath('/other', { backend: Backend.ingress({ host: 'other.cluster.k8s' }) });

    expect(locationOf(made, '/mirror/')).toEqual(expect.arrayContaining(['proxy_pass http://app.mirror;', 'proxy_set_header Host svc.cluster.k8s;']));
    expect(locationOf(made, '/other/')).toEqual(expect.arrayContaining(['proxy_pass http://app.other;', 'proxy_set_header Host other.cluster.k8s;']));
    expect(members(made.upstreams(), 'app.mirror')).toEqual(['server 10.10.20.0:80 max_fails=3 fail_timeout=10s;']);
    expect(members(made.upstreams(), 'app.other')).toEqual(members(made.upstreams(), 'app'));
  });

  test('leads to machines over TLS', () => {
    const made = newEntry();
    const tls = UpstreamTls.insecure('ticket NET-77');
    made.entry.addPath('/mirror', { backend: Backend.machines([SVC], { scheme: Scheme.HTTPS, host: 'svc.cluster.k8s', tls }) });

    expect(locationOf(made, '/mirror/')).toEqual(expect.arrayContaining(['proxy_pass https://app.mirror;', 'proxy_ssl_name svc.cluster.k8s;', 'proxy_ssl_verify off;']));
  });

  test('has the options of the entry', () => {
    const options = { maxBodySize: Size.gibibytes(1), readTimeout: Duration.seconds(90), requestBuffering: false, retry: RetryPolicy.NEVER };
    const made = newEntry({ ...options, allowFrom: ['10.0.0.0/8'] });
    made.entry.addPath('/a', { backend: MACHINES, connectTimeout: undefined });

    expect(locationOf(made, '/a/')).toEqual(expect.arrayContaining([
      'client_max_body_size 1024m;', 'proxy_read_timeout 90s;', 'proxy_request_buffering off;', 'proxy_next_upstream off;', 'allow 10.0.0.0/8;', 'deny all;',
    ]));
  });

  test('has options of its own, as a WebSocket needs them', () => {
    const made = newEntry({ readTimeout: Duration.seconds(60), allowFrom: ['10.0.0.0/8'] });
    made.entry.addPath('/ws', {
      backend: Backend.ingress(),
      readTimeout: Duration.hours(1),
      sendTimeout: Duration.minutes(5),
      connectTimeout: Duration.seconds(1),
      maxBodySize: Size.kibibytes(8),
      requestBuffering: false,
      retry: RetryPolicy.ALL,
      allowFrom: ['10.1.0.0/16'],
    });

    expect(locationOf(made, '/ws/')).toEqual(expect.arrayContaining([
      'proxy_read_timeout 3600s;', 'proxy_send_timeout 300s;', 'proxy_connect_timeout 1s;', 'client_max_body_size 8k;', 'proxy_request_buffering off;',
      'proxy_next_upstream error timeout non_idempotent;', 'allow 10.1.0.0/16;',
    ]));
    expect(locationOf(made, '/ws/')).not.toContain('allow 10.0.0.0/8;');
    expect(locationOf(made, '/')).toContain('proxy_read_timeout 60s;');
  });

  test('has an upstream of its own, whatever the names look like to nginx', () => {
    const made = newEntry();
    ['/a-b', '/a.b', '/A_b', '/a/b', '/~', '/!'].forEach((path) => made.entry.addPath(path, { backend: MACHINES }));

    expect(blocks(made.upstreams(), 'upstream').map(([head]) => head.split(' ')[1])).toEqual(['app', 'app.a-b', 'app.a-b-2', 'app.a-b-3', 'app.a-b-4', 'app.path', 'app.path-2']);
  });

  test('may be the same in another entry', () => {
    const made = newEntry();
    const other = new ManagementEntry(made.balancer, 'other', { balancer: made.balancer, domains: ['other.example.com'] });
    [made.entry, other].forEach((entry: Entry) => entry.addPath('/a', { backend: MACHINES }));

    expect(blocks(made.upstreams(), 'upstream').map(([head]) => head.split(' ')[1])).toEqual(['app', 'other', 'app.a', 'other.a']);
  });

  describe('is refused', () => {
    const path = (value: string, options: Partial<PathOptions> = {}, props: Props = {}) => () => {
      newEntry(props).entry.addPath(value, { backend: MACHINES, ...options });
    };

    test.each([
      ['/', 'that is the entry itself: its backend and limits are props of the entry'],
      ['/a/', 'a path has no slash at the end: "/a" is that path and everything below it'],
      ['a', 'a path starts with "/"'],
      ['~ ^/a', 'a path starts with "/"'],
      ['/a?b', 'a path has the characters A-Z, a-z, 0-9 and . _ ~ - ! & \' ( ) * + , = : @ only, and no query'],
      ['/a/../b', 'a path has no "//", "/./" or "/../", since nginx resolves them in the request first'],
    ])('as %s', (value, reason) => {
      expect(path(value)).toThrow(`'path' is "${value}": ${reason}`);
    });

    test('the second time', () => {
      const { entry } = newEntry();
      entry.addPath('/a', { backend: MACHINES });

      expect(() => entry.addPath('/a', { backend: Backend.ingress() })).toThrow('\'path\' is "/a": "traffic/app" has that path already');
      expect(() => entry.addPath('/A', { backend: MACHINES })).not.toThrow();
    });

    test('with options that cannot be, and is not there then', () => {
      const made = newEntry();

      expect(() => made.entry.addPath('/a', { backend: MACHINES, maxBodySize: Size.kibibytes(0) })).toThrow('\'maxBodySize\' is "0 KiB": a whole number of kibibytes');
      expect(() => made.entry.addPath('/a', { backend: MACHINES, retry: 'twice' as RetryPolicy })).toThrow(
        '\'retry\' is "twice": "never" or "idempotent" or "all" is expected');
      expect(() => made.entry.addPath('/a', { backend: MACHINES, allowFrom: [] })).toThrow('\'allowFrom\' is []: at least one range of addresses is needed');
      expect([...made.locations().keys()]).toEqual(['/']);
      expect(made.upstreams()).not.toContain('app.a');
    });

    test('to machines of which none is left', () => {
      expect(path('/a', { backend: Backend.machines([{ ...SVC, drained: true }]) })).toThrow(
        '\'machines\' is ["svc.cluster.k8s"]: all of them are drained: leave one that takes the requests');
    });

    test('to machines that would get unknown names', () => {
      expect(path('/a', { backend: Backend.machines([SVC]) }, { defaultServer: true })).toThrow(
        '\'defaultServer\' is true: unknown names must not reach the backend as Host: say which to send with \'Backend.machines(…, { host })\'');
    });

    test('to files of the cluster', () => {
      const tls = UpstreamTls.verified({ ca: CaBundle.fromConfigMap({ name: 'root-ca' } as Parameters<typeof CaBundle.fromConfigMap>[0]) });

      expect(path('/a', { backend: Backend.machines([SVC], { scheme: Scheme.HTTPS, host: 'svc.cluster.k8s', tls }) })).toThrow(
        '\'ca\' is "configMap root-ca": the load balancer is outside the cluster and reads files only: copy the certificates there and use \'CaBundle.fromFile\'');
    });
  });
});

describe('request headers', () => {
  test('are set and removed on all paths, also on those that are added later', () => {
    const made = newEntry();
    made.entry.setHeader('X-Api-Key', 'costs 3 $; "x"');
    made.entry.addPath('/a', { backend: MACHINES });
    made.entry.removeHeader('X-Debug');

    ['/', '= /a', '/a/'].forEach((head) => {
      expect(headersOf(locationOf(made, head))).toEqual(expect.arrayContaining(['proxy_set_header X-Api-Key "costs 3 ${gatehouse_dollar}; \\"x\\"";', 'proxy_set_header X-Debug "";']));
    });
    expect(made.main()).toContain('geo $gatehouse_dollar {');
  });

  test('of the user replace those of the balancer, whatever the case', () => {
    const made = newEntry();
    made.entry.setHeader('x-forwarded-for', 'unknown');

    expect(headersOf(locationOf(made, '/')).filter((line) => /x-forwarded-for/i.test(line))).toEqual(['proxy_set_header x-forwarded-for unknown;']);
  });

  test.each([
    ['Host', 'the Host belongs to where the requests go: set \'host\' there'],
    ['Upgrade', 'that header belongs to the connection, which is the proxy\'s own'],
    ['X A', 'the name of a header has 1..100 characters of A-Z, a-z, 0-9, "-" and "_"'],
  ])('cannot be %s', (name, reason) => {
    const { entry } = newEntry();

    expect(() => entry.setHeader(name, 'a')).toThrow(`'name' is "${name}": ${reason}`);
    expect(() => entry.removeHeader(name)).toThrow(`'name' is "${name}": ${reason}`);
  });

  test('are said once', () => {
    const { entry } = newEntry();
    entry.setHeader('X-A', 'a');
    entry.removeHeader('X-B');

    expect(() => entry.removeHeader('x-a')).toThrow('\'name\' is "x-a": "X-A" is set already, and case makes no difference: say it once');
    expect(() => entry.setHeader('x-b', 'b')).toThrow('\'name\' is "x-b": "X-B" is removed already, and case makes no difference: say it once');
  });

  test('have values', () => {
    expect(() => newEntry().entry.setHeader('X-A', '')).toThrow('\'value\' is "": a value of at least one character is expected; removing a header is \'removeHeader\'');
    expect(() => newEntry().entry.setHeader('X-A', 'a\nb')).toThrow('\'value\' is "a\\nb": the value of a header has no line break');
  });
});

describe('response headers', () => {
  test('are on all responses, also on errors, and those of the application are dropped', () => {
    const server = newEntry({ responseHeaders: { 'X-Frame-Options': 'DENY', 'Content-Security-Policy': 'default-src \'self\'' } }).server();

    expect(server).toEqual(expect.arrayContaining([
      'proxy_hide_header X-Frame-Options;', 'proxy_hide_header Content-Security-Policy;',
      'add_header X-Frame-Options DENY always;', 'add_header Content-Security-Policy "default-src \'self\'" always;',
    ]));
  });

  test('stand at the server, where no location drops them', () => {
    const made = newEntry({ responseHeaders: { 'X-A': 'a' } });
    made.entry.addPath('/a', { backend: MACHINES });

    expect([...made.locations().values()].flat().filter((line) => line.includes('add_header'))).toEqual([]);
  });

  test('cannot be what says what a response is, nor twice', () => {
    expect(() => newEntry({ responseHeaders: { 'Set-Cookie': 'a' } })).toThrow('\'responseHeaders\' is "Set-Cookie": that header belongs to the response itself and is not for the entry to set');
    expect(() => newEntry({ responseHeaders: { 'X-A': 'a', 'x-a': 'b' } })).toThrow('\'responseHeaders\' is "x-a": "X-A" is set already');
    expect(() => newEntry({ responseHeaders: { 'X-A': '' } })).toThrow('\'responseHeaders[\'X-A\']\' is "": a value of at least one character is expected');
  });
});

describe('limits of each client', () => {
  test('are a rate and requests at a time, above which the answer is 429', () => {
    const made = newEntry({ rateLimit: RateLimit.perSecond(10, { burst: 20 }), maxConnections: 50 });

    expect(linesOf(made.text())).toEqual(expect.arrayContaining([
      'limit_req_zone $binary_remote_addr zone=app_rate:10m rate=10r/s;', 'limit_conn_zone $binary_remote_addr zone=app_connections:10m;',
    ]));
    expect(locationOf(made, '/')).toEqual(expect.arrayContaining([
      'limit_req zone=app_rate burst=20 nodelay;', 'limit_req_status 429;', 'limit_conn app_connections 50;', 'limit_conn_status 429;',
    ]));
  });

  test('without a burst let nothing through above the rate', () => {
    expect(locationOf(newEntry({ rateLimit: RateLimit.perMinute(90) }), '/')).toContain('limit_req zone=app_rate;');
  });

  test('hold for all paths together, unless a path has a rate of its own', () => {
    const made = newEntry({ rateLimit: RateLimit.perSecond(10), maxConnections: 50 });
    made.entry.addPath('/a', { backend: MACHINES });
    made.entry.addPath('/login', { backend: MACHINES, rateLimit: RateLimit.perMinute(6) });

    expect(locationOf(made, '/a/')).toEqual(expect.arrayContaining(['limit_req zone=app_rate;', 'limit_conn app_connections 50;']));
    expect(locationOf(made, '/login/')).toEqual(expect.arrayContaining(['limit_req zone=app.login_rate;', 'limit_conn app_connections 50;']));
    expect(linesOf(made.text()).filter((line) => line.startsWith('limit_req_zone '))).toEqual([
      'limit_req_zone $binary_remote_addr zone=app_rate:10m rate=10r/s;', 'limit_req_zone $binary_remote_addr zone=app.login_rate:10m rate=6r/m;',
    ]);
  });

  test.each([0, 65_536, 1.5])('cannot be %d requests at a time', (maxConnections) => {
    expect(() => newEntry({ maxConnections })).toThrow(`'maxConnections' is ${maxConnections}: a whole number from 1 to 65535 is expected`);
  });
});

describe('addresses that may ask', () => {
  test('get through, and all others get 403', () => {
    expect(locationOf(newEntry({ allowFrom: ['10.0.0.0/8', '2001:db8::1'] }), '/').slice(1, 4)).toEqual(['allow 10.0.0.0/8;', 'allow 2001:db8::1;', 'deny all;']);
  });

  test('cannot be none, nor one twice', () => {
    expect(() => newEntry({ allowFrom: [] })).toThrow('\'allowFrom\' is []: at least one range of addresses is needed; leave it out for everybody');
    expect(() => newEntry({ allowFrom: ['10.0.0.1', '10.0.0.1/32'] })).toThrow('\'allowFrom[1]\' is "10.0.0.1/32": allowFrom[0] is the same');
  });
});

describe('a maintenance page', () => {
  test('is answered with 503 and Retry-After instead of the application, to everybody', () => {
    const made = newEntry({ maintenancePage: { html: '<p>back at 5; "$host"</p>\n', retryAfter: Duration.minutes(30) } });

    expect(locationOf(made, '/').slice(1, 3)).toEqual(['deny all;', 'error_page 403 =503 @app_maintenance;']);
    expect(locationOf(made, '@app_maintenance')).toEqual([
      'location @app_maintenance {', 'default_type text/html;', 'charset utf-8;', 'add_header Retry-After 1800 always;', 'return 503 $gatehouse_app_maintenance_page_0;', '}',
    ]);
    expect(blocks(made.text(), 'geo')).toEqual([['geo $gatehouse_app_maintenance_page_0 {', 'default "<p>back at 5; \\"$host\\"</p>\\n";', '}']]);
  });

  test('is not for those who get past it, of those who may ask at all', () => {
    const made = newEntry({ maintenancePage: { bypass: ['10.1.0.0/16', '192.0.2.7'] }, allowFrom: ['10.0.0.0/8'] });

    expect(locationOf(made, '/').slice(1, 4)).toEqual(['allow 10.1.0.0/16;', 'deny all;', 'error_page 403 =503 @app_maintenance;']);
  });

  test('is on all paths', () => {
    const made = newEntry({ maintenancePage: {} });
    made.entry.addPath('/a', { backend: MACHINES });

    ['/', '= /a', '/a/'].forEach((head) => expect(locationOf(made, head)).toContain('error_page 403 =503 @app_maintenance;'));
  });

  test('has the response headers of the entry too, of which the page\'s own Retry-After wins', () => {
    const page = locationOf(newEntry({ maintenancePage: {}, responseHeaders: { 'X-A': 'a', 'retry-after': '1' } }), '@app_maintenance');

    expect(page.filter((line) => line.startsWith('add_header '))).toEqual(['add_header X-A a always;', 'add_header Retry-After 600 always;']);
  });

  test('that is long is in several variables, since words of nginx are short', () => {
    const made = newEntry({ maintenancePage: { html: '🧀'.repeat(1000) } });
    const long = newEntry({ maintenancePage: { html: '"'.repeat(2500) } });

    expect(blocks(made.text(), 'geo')).toHaveLength(1);
    expect(valueOf(locationOf(long, '@app_maintenance'), 'return')).toBe('503 $gatehouse_app_maintenance_page_0$gatehouse_app_maintenance_page_1$gatehouse_app_maintenance_page_2');
  });

  test('leaves room for its variables', () => {
    expect(newEntry({ maintenancePage: {} }).main()).toContain('variables_hash_bucket_size');
    expect(newEntry().main()).not.toContain('variables_hash');
  });

  test.each([
    [{ html: '' }, '\'maintenancePage.html\' is "0 bytes": a page has 1..4000 bytes'],
    [{ html: 'x'.repeat(4001) }, '\'maintenancePage.html\' is "4001 bytes": a page has 1..4000 bytes'],
    [{ html: 'a\u0000' }, '\'maintenancePage.html\' is "a\\u0000": a page has no control characters but line breaks and tabs'],
    [{ retryAfter: Duration.seconds(0) }, '\'maintenancePage.retryAfter\' is "0 s": a whole number of seconds above 0 is expected'],
    [{ bypass: [] }, '\'maintenancePage.bypass\' is []: at least one range of addresses is needed; leave it out for everybody'],
  ])('is refused as %j', (maintenancePage, reason) => {
    expect(() => newEntry({ maintenancePage })).toThrow(reason);
  });
});

describe('unchecked directives', () => {
  test('stand at the end of the server as they are, marked and with the reason', () => {
    const made = newEntry();
    made.entry.addUncheckedDirectives('gzip on;\n  gzip_types text/css;', ' ticket NET-77 ');
    made.entry.addUncheckedDirectives('location /x { return 204; }', 'probe');

    expect(made.text()).toMatch(
      /\n {4}# unchecked: ticket NET-77\ngzip on;\n {2}gzip_types text\/css;\n {4}# end of what is unchecked\n\n {4}# unchecked: probe\nlocation \/x \{ return 204; \}\n {4}# end of what is unchecked\n\}\n$/);
  });

  test.each([
    ['gzip on', 'the last directive has no ";"'],
    ['} server {', 'a "}" closes a block that the text did not open'],
    ['if ($a) {', 'a "{" is not closed by a "}"'],
    ['return 200 "a;', 'a quote " is not closed'],
  ])('are refused when they are not balanced: %s', (text, reason) => {
    expect(() => newEntry().entry.addUncheckedDirectives(text, 'ticket')).toThrow(`'text' is ${JSON.stringify(text)}: ${reason}`);
  });

  test.each(['', '  ', 'a\nb'])('are refused without a reason: %j', (reason) => {
    expect(() => newEntry().entry.addUncheckedDirectives('gzip on;', reason)).toThrow(`'reason' is ${JSON.stringify(reason)}: one line of text is expected`);
  });
});

describe('wildcard domains', () => {
  test('are all sub-domains, beside the domain itself where it is given too', () => {
    expect(valueOf(newEntry({ wildcardDomains: ['example.com'] }).server(), 'server_name')).toBe('example.com *.example.com');
    expect(valueOf(newEntry({ domains: undefined, wildcardDomains: ['example.com'] }).server(), 'server_name')).toBe('*.example.com');
  });

  test('are sent to https from port 80 like others', () => {
    const [, redirect] = blocks(newEntry({ wildcardDomains: ['example.com'], tls: TLS }).text(), 'server');

    expect(redirect).toEqual(expect.arrayContaining(['listen 80;', 'server_name example.com *.example.com;', 'return 308 https://$host$request_uri;']));
  });

  test('belong to one entry, which is named', () => {
    const { balancer } = newEntry({ wildcardDomains: ['example.com'] });

    expect(() => new ManagementEntry(balancer, 'other', { balancer, wildcardDomains: ['example.com'] })).toThrow(
      '\'domains\' is "*.example.com": "traffic/app" serves it on port 80 already: a domain and port belong to one entry');
    expect(() => new ManagementEntry(balancer, 'sub', { balancer, domains: ['sub.example.com'] })).not.toThrow();
  });
});

test('weight and drained of a node are in all upstreams, panic backups included', () => {
  // GIVEN
  const nodes = NodePool.ingress(newChart(), 'nodes', {
    nodes: [{ ...NODE1, weight: 3 }, NODE2, { name: 'node3', address: '10.10.20.23', drained: true, weight: 5 }],
  });
  const made = newEntry({}, { nodes });
  made.entry.addPath('/a', { backend: Backend.ingress() });
  new ManagementEntry(made.balancer, 'other', { balancer: made.balancer, domains: ['other.example.com'] });

  // THEN
  ['app', 'app.a', 'other'].forEach((upstream) => {
    expect(members(made.upstreams(), upstream)).toEqual([
      'server 10.10.20.21:80 weight=3 max_fails=3 fail_timeout=10s;',
      'server 10.10.20.22:80 max_fails=3 fail_timeout=10s;',
      'server 10.10.20.21:80 weight=3 backup max_fails=0;',
      'server 10.10.20.22:80 backup max_fails=0;',
    ]);
  });
  expect(made.upstreams()).not.toContain('10.10.20.23');
});

describe('the certificates of a balancer', () => {
  test('are those of its entries, each with all names that it must cover', () => {
    // GIVEN
    const other = ServerTls.fromFiles('/etc/ssl/0.pem', '/etc/ssl/0.key');
    const { balancer } = newEntry({ domains: ['www.example.com', 'example.com'], wildcardDomains: ['apps.example.com'], tls: TLS });
    new ManagementEntry(balancer, 'shared', { balancer, domains: ['a.example.com', 'example.com'], tls: TLS, port: 8443 });
    new ManagementEntry(balancer, 'own', { balancer, domains: ['own.example.com'], tls: other });
    new ManagementEntry(balancer, 'plain', { balancer, domains: ['plain.example.com'] });

    // THEN
    expect(balancer.certificates).toEqual([
      { certificate: '/etc/ssl/0.pem', domains: ['own.example.com'] },
      { certificate: CERTIFICATE, domains: ['*.apps.example.com', 'a.example.com', 'example.com', 'www.example.com'] },
    ]);
  });

  test('are none without TLS', () => {
    expect(newEntry().balancer.certificates).toEqual([]);
  });
});

describe('TLS', () => {
  test('is 1.2 and 1.3 with ciphers of today, or with the modern policy 1.3 alone', () => {
    const settings = (tlsPolicy?: TlsPolicy) => linesOf(newEntry({ tls: TLS }, { tlsPolicy }).main());

    expect(valueOf(settings(), 'ssl_protocols')).toBe('TLSv1.2 TLSv1.3');
    expect(settings(TlsPolicy.INTERMEDIATE)).toEqual(settings());
    expect(valueOf(settings(TlsPolicy.MODERN), 'ssl_protocols')).toBe('TLSv1.3');
    expect(valueOf(settings(TlsPolicy.MODERN), 'ssl_ciphers')).toBeUndefined();
  });

  test('asks for client certificates where an authority is given', () => {
    const clientCa = CaBundle.fromFile('/etc/ssl/staff-ca.pem');
    const made = newEntry({ tls: ServerTls.fromFiles(CERTIFICATE, '/etc/ssl/a.key', { clientCa }) });

    expect(made.server()).toEqual(expect.arrayContaining(['ssl_client_certificate /etc/ssl/staff-ca.pem;', 'ssl_verify_client on;', 'ssl_verify_depth 4;']));
    expect(newEntry({ tls: TLS }).text()).not.toContain('ssl_verify_client');
  });

  test('refuses authorities that are not on the machine, or sign for everybody', () => {
    const secret = { name: 'staff-ca' } as Parameters<typeof CaBundle.fromSecret>[0];
    const tls = (clientCa: CaBundle) => () => ServerTls.fromFiles(CERTIFICATE, '/etc/ssl/a.key', { clientCa });

    expect(tls(CaBundle.system())).toThrow(
      '\'clientCa\' is "CaBundle.system()": public authorities sign for everybody: use \'CaBundle.fromFile\' with the authority of these clients');
    expect(tls(CaBundle.fromSecret(secret))).toThrow(
      '\'clientCa\' is "secret staff-ca": the load balancer is outside the cluster and reads files only: copy the certificates there and use \'CaBundle.fromFile\'');
  });

  test.each([
    ['1.22', undefined, ['listen 443 ssl http2;']],
    ['1.25.0', undefined, ['listen 443 ssl http2;']],
    ['1.25.1', undefined, ['listen 443 ssl;', 'http2 on;']],
    ['1.30', undefined, ['listen 443 ssl;', 'http2 on;']],
    ['1.24', false, ['listen 443 ssl;']],
    ['1.30', false, ['listen 443 ssl;']],
  ])('speaks HTTP/2 as nginx %s has it, when http2 is %s', (nginxVersion, http2, lines) => {
    expect(newEntry({ tls: TLS }, { nginxVersion, http2 }).server().filter((line) => /^(listen|http2) /.test(line))).toEqual(lines);
  });

  test('refuses a policy and a format that are none', () => {
    expect(() => newEntry({}, { tlsPolicy: 'old' as TlsPolicy })).toThrow('\'tlsPolicy\' is "old": "modern" or "intermediate" is expected');
    expect(() => newEntry({}, { accessLogFormat: 'xml' as AccessLogFormat })).toThrow('\'accessLogFormat\' is "xml": "text" or "json" is expected');
  });
});

describe('proxies in front', () => {
  const TRUSTED = { trustedProxies: ['10.10.30.0/24'] };
  const forwarded = (props: Partial<IngressBalancerProps>) => headersOf(locationOf(newEntry({}, props), '/')).filter((line) => line.includes('X-Forwarded-') && !line.endsWith('"";'));

  test('are believed what they say of the client, and nobody else is', () => {
    const made = newEntry({}, TRUSTED);

    expect(linesOf(made.main())).toEqual(expect.arrayContaining(['set_real_ip_from 10.10.30.0/24;', 'real_ip_header X-Forwarded-For;', 'real_ip_recursive on;']));
    expect(forwarded(TRUSTED)).toEqual([
      'proxy_set_header X-Forwarded-For $gatehouse_forwarded_for;',
      'proxy_set_header X-Forwarded-Host $gatehouse_forwarded_host;',
      'proxy_set_header X-Forwarded-Port $gatehouse_forwarded_port;',
      'proxy_set_header X-Forwarded-Proto $gatehouse_forwarded_proto;',
    ]);
  });

  test('that speak PROXY protocol say who the client is there, and their headers are overwritten', () => {
    const made = newEntry({ tls: TLS }, { ...TRUSTED, acceptProxyProtocol: true });

    expect(linesOf(made.main())).toEqual(expect.arrayContaining(['real_ip_header proxy_protocol;', 'listen 443 default_server ssl http2 proxy_protocol;', 'listen 80 default_server proxy_protocol;']));
    expect(valueOf(made.server(), 'listen')).toBe('443 ssl http2 proxy_protocol');
    expect(forwarded({ ...TRUSTED, acceptProxyProtocol: true })).toEqual(forwarded({}));
  });

  test('that are not there leave the balancer the edge', () => {
    expect(newEntry().main()).not.toContain('real_ip');
    expect(forwarded({})).toContain('proxy_set_header X-Forwarded-For $remote_addr;');
  });

  test.each([
    [{ acceptProxyProtocol: true }, '\'acceptProxyProtocol\' is true: anybody could say who the client is: set \'trustedProxies\' to the addresses that speak it'],
    [{ trustedProxies: [] }, '\'trustedProxies\' is []: at least one range of addresses is needed; leave it out for everybody'],
    [{ trustedProxies: ['10.0.0.0/8', '0.0.0.0/0'] }, '\'trustedProxies[1]\' is "0.0.0.0/0": that is everybody: name the addresses of the proxies in front'],
    [{ trustedProxies: ['::/0'] }, '\'trustedProxies[0]\' is "::/0": that is everybody: name the addresses of the proxies in front'],
    [{ trustedProxies: ['proxy.example'] }, '\'trustedProxies[0]\' is "proxy.example": a range of addresses is expected, such as "10.0.0.0/8" or "10.10.20.21"'],
  ])('cannot be %j', (props, reason) => {
    expect(() => newEntry({}, props)).toThrow(reason);
  });
});
