import { Duration, Size } from 'cdk8s';
import { Backend, EntryProps, EnvironmentEntry, IngressBalancer, ManagementEntry, RetryPolicy, ServerTls } from '../lib';
import { fileOf, newBalancer, newChart, SVC } from './support/constructs';
import { blocks, valueOf } from './support/nginx-text';

const TLS = ServerTls.fromFiles('/etc/ssl/a.pem', '/etc/ssl/a.key');

/** A balancer with one entry of each kind, which take the same props. */
const KINDS: [string, (balancer: IngressBalancer, id: string, props: Omit<EntryProps, 'balancer'>) => unknown, string][] = [
  ['a management entry', (balancer, id, props) => new ManagementEntry(balancer, id, { balancer, ...props }), 'cluster.k8s.conf'],
  ['an environment\'s entry', (balancer, id, props) => new EnvironmentEntry(balancer, id, { balancer, environment: 'prod', ...props }), 'prod.cluster.k8s.conf'],
];

describe.each(KINDS)('%s', (_, add, file) => {
  /** The server of an entry for example.com. */
  function serverWith(props: Omit<EntryProps, 'balancer'> = {}): string[] {
    const balancer = newBalancer(newChart());
    add(balancer, 'app', { domains: ['example.com'], ...props });
    return blocks(fileOf(balancer, `conf.d/${file}`), 'server')[0];
  }

  test('serves its domains on port 80', () => {
    const server = serverWith({ domains: ['example.com', 'www.example.com', '10.10.20.2'] });

    expect(valueOf(server, 'listen')).toBe('80');
    expect(valueOf(server, 'server_name')).toBe('example.com www.example.com 10.10.20.2');
  });

  test('serves them on port 443 with TLS, and on any port that is given', () => {
    expect(valueOf(serverWith({ tls: TLS }), 'listen')).toBe('443 ssl http2');
    expect(valueOf(serverWith({ port: 8080 }), 'listen')).toBe('8080');
    expect(valueOf(serverWith({ tls: TLS, port: 8443 }), 'listen')).toBe('8443 ssl http2');
  });

  test('overwrites what the client says about itself', () => {
    const headers = serverWith().filter((line) => line.startsWith('proxy_set_header ')).slice(1);

    expect(headers).toEqual([
      'proxy_set_header X-Real-IP $remote_addr;',
      'proxy_set_header X-Forwarded-For $remote_addr;',
      'proxy_set_header X-Forwarded-Host $host;',
      'proxy_set_header X-Forwarded-Port $server_port;',
      'proxy_set_header X-Forwarded-Proto $scheme;',
      'proxy_set_header X-Forwarded-Prefix "";',
      'proxy_set_header X-Forwarded-Server "";',
      'proxy_set_header X-Forwarded-Scheme "";',
      'proxy_set_header X-Forwarded-Ssl "";',
      'proxy_set_header X-Original-Forwarded-For "";',
      'proxy_set_header X-Scheme "";',
      'proxy_set_header Forwarded "";',
      'proxy_set_header X-Request-ID $request_id;',
      'proxy_set_header Proxy "";',
      'proxy_set_header Upgrade $gatehouse_upgrade;',
      'proxy_set_header Connection $gatehouse_connection;',
    ]);
  });

  test('has its defaults', () => {
    const server = serverWith();

    expect(valueOf(server, 'client_max_body_size')).toBe('16m');
    expect(valueOf(server, 'proxy_connect_timeout')).toBe('3s');
    expect(valueOf(server, 'proxy_send_timeout')).toBe('60s');
    expect(valueOf(server, 'proxy_read_timeout')).toBe('60s');
    expect(valueOf(server, 'proxy_next_upstream')).toBe('error timeout');
    expect(valueOf(server, 'proxy_next_upstream_tries')).toBe('2');
    expect(valueOf(server, 'proxy_next_upstream_timeout')).toBe('10s');
    expect(valueOf(server, 'proxy_request_buffering')).toBeUndefined();
  });

  test('takes body size, timeouts, buffering and retries', () => {
    const server = serverWith({
      maxBodySize: Size.gibibytes(1),
      connectTimeout: Duration.millis(1500),
      sendTimeout: Duration.seconds(30),
      readTimeout: Duration.minutes(2),
      requestBuffering: false,
      retry: RetryPolicy.ALL,
    });

    expect(valueOf(server, 'client_max_body_size')).toBe('1024m');
    expect(valueOf(server, 'proxy_connect_timeout')).toBe('1500ms');
    expect(valueOf(server, 'proxy_send_timeout')).toBe('30s');
    expect(valueOf(server, 'proxy_read_timeout')).toBe('120s');
    expect(valueOf(server, 'proxy_request_buffering')).toBe('off');
    expect(valueOf(server, 'proxy_next_upstream')).toBe('error timeout non_idempotent');
  });

  test('repeats no request when it is told so', () => {
    expect(valueOf(serverWith({ retry: RetryPolicy.NEVER }), 'proxy_next_upstream')).toBe('off');
  });

  test('can answer all unknown names, and then needs no domain', () => {
    const server = serverWith({ domains: undefined, defaultServer: true, backend: Backend.ingress({ host: 'app.cluster.k8s' }) });

    expect(valueOf(server, 'listen')).toBe('80 default_server');
    expect(valueOf(server, 'server_name')).toBeUndefined();
  });

  test('can answer a bare address with TLS as the default server', () => {
    expect(valueOf(serverWith({ tls: TLS, domains: ['10.10.20.2'], defaultServer: true }), 'listen')).toBe('443 default_server ssl http2');
  });

  test('names its upstream after its name, by default the id', () => {
    expect(valueOf(serverWith(), 'proxy_pass')).toBe('http://app');
    expect(valueOf(serverWith({ name: 'shop' }), 'proxy_pass')).toBe('http://shop');
  });

  test('stands below the path of its construct and its description', () => {
    // GIVEN
    const balancer = newBalancer(newChart());
    add(balancer, 'app', { domains: ['example.com'], description: '  for "everybody"; $x } ' });

    // THEN
    expect(fileOf(balancer, `conf.d/${file}`)).toContain('\n# traffic/ingress/app\n# for "everybody"; $x }\nserver {\n');
  });

  describe('refuses', () => {
    test.each([[undefined, 'not given'], [[], '[]']])('to have no domain', (domains, shown) => {
      expect(() => serverWith({ domains })).toThrow(
        `'domains' is ${shown === 'not given' ? '[]' : shown}: at least one name is needed, or 'defaultServer: true' for all names that no other entry has`);
    });

    test.each(['~^x$', '*.example.com', 'Example.com', 'a b', '', '$host'])('the domain %j', (domain) => {
      expect(() => serverWith({ domains: ['a.example', domain] })).toThrow(`'domains[1]' is ${JSON.stringify(domain)}: a DNS name`);
    });

    test('one domain twice', () => {
      expect(() => serverWith({ domains: ['a.example', 'b.example', 'a.example'] })).toThrow('\'domains[2]\' is "a.example": domains[0] is the same');
    });

    test('a bare address with TLS, since such a client sends no name', () => {
      expect(() => serverWith({ tls: TLS, domains: ['10.10.20.2'] })).toThrow(
        '\'domains[0]\' is "10.10.20.2": with TLS a client that asks for an address sends no name: make the entry the \'defaultServer\' of its port');
    });

    test.each([0, 65536, 1.5])('port %d', (port) => {
      expect(() => serverWith({ port })).toThrow(`'port' is ${port}: the port must be 1..65535`);
    });

    test('a body size or a time of 0', () => {
      expect(() => serverWith({ maxBodySize: Size.mebibytes(0) })).toThrow('\'maxBodySize\' is "0 KiB": a whole number of kibibytes from 1 KiB to 1 PiB is expected');
      expect(() => serverWith({ connectTimeout: Duration.seconds(0) })).toThrow('\'connectTimeout\' is "0 ms": a whole number of milliseconds');
      expect(() => serverWith({ sendTimeout: Duration.seconds(0) })).toThrow('\'sendTimeout\' is "0 ms": a whole number of milliseconds');
      expect(() => serverWith({ readTimeout: Duration.days(25) })).toThrow('\'readTimeout\' is "2160000000 ms": a whole number of milliseconds from 1 ms to 24 days');
    });

    test.each(['Shop', 'a_b', 'a/b', '', 'a;b'])('the name %j', (name) => {
      expect(() => serverWith({ name })).toThrow(`'name' is ${JSON.stringify(name)}: a name has 1..63 characters of a-z, 0-9 and "-"`);
    });

    test.each(['', 'a\nb'])('the description %j', (description) => {
      expect(() => serverWith({ description })).toThrow(`'description' is ${JSON.stringify(description)}: one line of text is expected`);
    });

    test('to send machines the unknown name that a client asked for', () => {
      expect(() => serverWith({ defaultServer: true, backend: Backend.machines([SVC]) })).toThrow(
        '\'defaultServer\' is true: unknown names must not reach the backend as Host: say which to send with \'Backend.machines(…, { host })\'');
      expect(() => serverWith({ defaultServer: true, backend: Backend.machines([SVC], { host: 'svc.cluster.k8s' }) })).not.toThrow();
    });
  });
});

describe.each(KINDS)('a balancer with %s refuses', (_, add) => {
  /** Two entries of which the second is refused. */
  const two = (first: Omit<EntryProps, 'balancer'>, second: Omit<EntryProps, 'balancer'>) => () => {
    const balancer = newBalancer(newChart());
    add(balancer, 'first', first);
    add(balancer, 'second', second);
  };

  test('two entries for one domain and port, naming the other', () => {
    expect(two({ domains: ['a.example'] }, { domains: ['b.example', 'a.example'] }))
      .toThrow('\'domains\' is "a.example": "traffic/ingress/first" serves it on port 80 already: a domain and port belong to one entry');
    expect(two({ domains: ['a.example'] }, { domains: ['a.example'], port: 8080 })).not.toThrow();
  });

  test('two default servers on one port, naming the other', () => {
    expect(two({ domains: ['a.example'], defaultServer: true }, { domains: ['b.example'], defaultServer: true }))
      .toThrow('\'defaultServer\' is true: "traffic/ingress/first" is the default server of port 80 already, and a port has one');
    expect(two({ domains: ['a.example'], defaultServer: true }, { domains: ['b.example'], defaultServer: true, port: 8080 })).not.toThrow();
  });

  test('two entries of one name, naming the other', () => {
    expect(two({ domains: ['a.example'], name: 'shop' }, { domains: ['b.example'], name: 'shop' }))
      .toThrow('\'name\' is "shop": "traffic/ingress/first" has that name already: give one of them another \'name\'');
  });

  test('a port with and without TLS, naming both', () => {
    expect(two({ domains: ['a.example'], tls: TLS }, { domains: ['b.example'], port: 443 })).toThrow(
      '\'port\' is 443: "traffic/ingress/second" has no \'tls\' and "traffic/ingress/first" has, and a port has either: give one of them another port');
    expect(two({ domains: ['a.example'] }, { domains: ['b.example'], tls: TLS, port: 80 })).toThrow(
      '\'port\' is 80: "traffic/ingress/second" has \'tls\' and "traffic/ingress/first" has none, and a port has either: give one of them another port');
  });
});
