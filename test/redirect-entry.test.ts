import { Duration } from 'cdk8s';
import { IngressBalancer, ManagementEntry, RedirectEntry, RedirectEntryProps, ServerTls } from '../lib';
import { fileOf, newBalancer, newChart } from './support/constructs';
import { blocks, serverOf, valueOf } from './support/nginx-text';

const TLS = ServerTls.fromFiles('/etc/ssl/old.pem', '/etc/ssl/old.key');

type Props = Omit<Partial<RedirectEntryProps>, 'balancer'>;

function add(balancer: IngressBalancer, id: string, props: Props): void {
  new RedirectEntry(balancer, id, { balancer, domains: ['old.example.com'], target: 'https://new.example.com', ...props });
}

/** The file of a balancer with one redirect. */
function fileWith(props: Props = {}): string {
  const balancer = newBalancer(newChart());
  add(balancer, 'old', props);
  return fileOf(balancer, 'conf.d/cluster.k8s.conf');
}
const answer = (props: Props) => valueOf(blocks(fileWith(props), 'server')[0], 'return');

test('old names are sent to the new one for good, with the path and the query, and keep method and body', () => {
  expect(blocks(fileWith({ domains: ['old.example.com', 'www.old.example.com', '10.10.20.2'] }), 'server')).toEqual([[
    'server {', 'listen 80;', 'server_name old.example.com www.old.example.com 10.10.20.2;', 'return 308 https://new.example.com$request_uri;', '}',
  ]]);
});

test.each([
  [{}, '308 https://new.example.com$request_uri'],
  [{ target: 'https://new.example.com/' }, '308 https://new.example.com$request_uri'],
  [{ target: 'http://new.example.com:8080' }, '308 http://new.example.com:8080$request_uri'],
  [{ permanent: false }, '307 https://new.example.com$request_uri'],
  [{ keepPath: false }, '308 https://new.example.com'],
  [{ keepPath: false, target: 'https://new.example.com/moved.html?from=old&x=%20' }, '308 "https://new.example.com/moved.html?from=old&x=%20"'],
])('%j is answered with %s', (props, expected) => {
  expect(answer(props)).toBe(expected);
});

test('it stands among the management entries, below the path of its construct', () => {
  // GIVEN
  const chart = newChart();
  const balancer = newBalancer(chart);
  new ManagementEntry(chart, 'app', { balancer, domains: ['new.example.com'] });

  // WHEN
  add(balancer, 'old', {});

  // THEN
  expect(fileOf(balancer, 'conf.d/cluster.k8s.conf')).toMatch(/# traffic\/app\nserver \{[^#]*# traffic\/ingress\/old\nserver \{/);
});

describe('with TLS', () => {
  test('it is on port 443 with its certificate, and port 80 sends there', () => {
    const text = fileWith({ tls: TLS });
    const server = serverOf(text, 'old.example.com', 443);

    expect(valueOf(server, 'ssl_certificate')).toBe('/etc/ssl/old.pem');
    expect(valueOf(server, 'return')).toBe('308 https://new.example.com$request_uri');
    expect(valueOf(serverOf(text, 'old.example.com', 80), 'return')).toBe('308 https://$host$request_uri');
  });

  test('it has HSTS and client certificates where the TLS has them', () => {
    const tls = ServerTls.fromFiles('/etc/ssl/old.pem', '/etc/ssl/old.key', { hsts: Duration.days(1), redirectHttp: false });

    expect(serverOf(fileWith({ tls }), 'old.example.com', 443)).toContain('add_header Strict-Transport-Security max-age=86400 always;');
    expect(fileWith({ tls })).not.toContain('listen 80');
  });

  test('it shares its port with entries', () => {
    const chart = newChart();
    const balancer = newBalancer(chart);
    new ManagementEntry(chart, 'app', { balancer, domains: ['new.example.com'], tls: TLS });
    add(balancer, 'old', { tls: TLS });

    expect(balancer.certificates).toEqual([{ certificate: '/etc/ssl/old.pem', domains: ['new.example.com', 'old.example.com'] }]);
  });
});

test('any port can be redirected', () => {
  expect(valueOf(blocks(fileWith({ port: 8080 }), 'server')[0], 'listen')).toBe('8080');
});

describe('refuses', () => {
  const redirect = (props: Props) => () => fileWith(props);

  test.each([[[], '[]'], ['old.example.com', '"old.example.com"'], [undefined, 'not given']])('to have no names: %j', (domains, shown) => {
    expect(redirect({ domains: domains as string[] })).toThrow(`'domains' is ${shown}: at least one name is needed`);
  });

  test('a name that is none, or one twice', () => {
    expect(redirect({ domains: ['a.example', '*.example.com'] })).toThrow('\'domains[1]\' is "*.example.com": a DNS name has labels');
    expect(redirect({ domains: ['a.example', 'b.example', 'a.example'] })).toThrow('\'domains[2]\' is "a.example": domains[0] is the same');
  });

  test('an address with TLS, since such a client sends no name', () => {
    expect(redirect({ domains: ['10.10.20.2'], tls: TLS })).toThrow('\'domains[0]\' is "10.10.20.2": a DNS name has labels');
  });

  test.each([
    ['new.example.com', 'an address is "https://name", "https://name:port" or "https://name/path", without "#"'],
    ['https://new.example.com/app', 'the path that the client asked for is appended: leave the path out, or set \'keepPath: false\''],
    ['https://new.example.com:99999', 'the port must be 1..65535'],
    ['https://$host', 'a DNS name has labels'],
  ])('the target %s', (target, reason) => {
    expect(redirect({ target })).toThrow(reason);
  });

  test.each([0, 65536])('port %d', (port) => {
    expect(redirect({ port })).toThrow(`'port' is ${port}: the port must be 1..65535`);
  });

  test.each([
    [{ target: 'http://old.example.com' }],
    [{ target: 'http://old.example.com:80/' }],
    [{ target: 'https://old.example.com', tls: TLS }],
    [{ target: 'https://old.example.com:8443', tls: TLS, port: 8443 }],
    [{ target: 'http://old.example.com/other', keepPath: false }],
    [{ domains: ['a.example', 'old.example.com'], target: 'http://old.example.com' }],
  ])('a circle: %j', (props) => {
    expect(redirect(props)).toThrow(`'target' is "${props.target}": it is the address of 'old.example.com' itself, and clients would run in a circle`);
  });

  test('no circle where scheme or port are others', () => {
    expect(redirect({ target: 'https://old.example.com' })).not.toThrow();
    expect(redirect({ target: 'http://old.example.com:8080' })).not.toThrow();
    expect(redirect({ target: 'http://old.example.com', tls: TLS, port: 8443 })).not.toThrow();
  });

  test('a circle over port 80, which sends the name to https', () => {
    const tls = (redirectHttp: boolean) => ServerTls.fromFiles('/etc/ssl/old.pem', '/etc/ssl/old.key', { redirectHttp });
    const reason = '\'target\' is "http://old.example.com": port 80 sends \'old.example.com\' to https, and clients would run in a circle: set \'redirectHttp: false\' of \'tls\'';

    expect(redirect({ target: 'http://old.example.com', tls: TLS })).toThrow(reason);
    expect(redirect({ target: 'http://old.example.com', tls: tls(true), port: 8443 })).toThrow(reason);
    expect(redirect({ target: 'http://old.example.com', tls: tls(false) })).not.toThrow();
  });

  test('a name that another serves on its port, naming the other', () => {
    // GIVEN
    const chart = newChart();
    const balancer = newBalancer(chart);
    new ManagementEntry(chart, 'app', { balancer, domains: ['old.example.com'] });

    // THEN
    expect(() => add(balancer, 'old', {})).toThrow('\'domains\' is "old.example.com": "traffic/app" serves it on port 80 already: a domain and port belong to one entry');
  });

  test('a port that has TLS already, or has none, naming the other', () => {
    // GIVEN
    const chart = newChart();
    const balancer = newBalancer(chart);
    new ManagementEntry(chart, 'app', { balancer, domains: ['app.example'], tls: TLS });

    // THEN
    expect(() => add(balancer, 'old', { port: 443 })).toThrow(
      '\'port\' is 443: "traffic/ingress/old" has no \'tls\' and "traffic/app" has, and a port has either: give one of them another port');
  });
});
