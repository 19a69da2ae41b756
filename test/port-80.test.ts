import { Backend, IngressBalancer, ManagementEntry, ManagementEntryProps, Scheme, ServerTls, StreamBackend, StreamEntry } from '../lib';
import { fileOf, newBalancer, newChart, SVC } from './support/constructs';

const TLS = ServerTls.fromFiles('/etc/ssl/a.pem', '/etc/ssl/a.key');
const REDIRECTED = ServerTls.fromFiles('/etc/ssl/a.pem', '/etc/ssl/a.key', { redirectHttp: true });

function add(balancer: IngressBalancer, id: string, props: Omit<ManagementEntryProps, 'balancer'>): void {
  new ManagementEntry(balancer, id, { balancer, domains: [`${id}.example.com`], ...props });
}

function stream(balancer: IngressBalancer, port: number): void {
  new StreamEntry(balancer, 'stream', { balancer, port, backend: StreamBackend.ingress(30080) });
}

describe('an entry with TLS on port 443 sends nobody there from port 80', () => {
  test('when port 80 speaks TLS', () => {
    const balancer = newBalancer(newChart());
    add(balancer, 'odd', { tls: TLS, port: 80 });
    add(balancer, 'shop', { tls: TLS });

    expect(fileOf(balancer, 'conf.d/cluster.k8s.conf')).not.toContain('return 308');
  });

  test('when a stream has port 80', () => {
    const balancer = newBalancer(newChart());
    add(balancer, 'shop', { tls: TLS });
    stream(balancer, 80);

    expect(fileOf(balancer, 'conf.d/cluster.k8s.conf')).not.toContain('return 308');
  });
});

describe('redirects that were asked for are refused', () => {
  test('when port 80 speaks TLS, in either order', () => {
    const first = newBalancer(newChart());
    add(first, 'odd', { tls: TLS, port: 80 });
    const second = newBalancer(newChart());
    add(second, 'shop', { tls: REDIRECTED });

    expect(() => add(first, 'shop', { tls: REDIRECTED })).toThrow(
      '\'redirectHttp\' is true: port 80 speaks TLS: leave \'redirectHttp\' out, or give what has \'port: 80\' and \'tls\' another port');
    expect(() => add(second, 'odd', { tls: TLS, port: 80 })).toThrow(
      '\'port\' is 80: "traffic/ingress/shop" sends its names from port 80 to https (\'redirectHttp\'): leave that out, or take another port for TLS');
  });

  test('when a stream has port 80, in either order', () => {
    const first = newBalancer(newChart());
    stream(first, 80);
    const second = newBalancer(newChart());
    add(second, 'shop', { tls: REDIRECTED });

    expect(() => add(first, 'shop', { tls: REDIRECTED })).toThrow(
      '\'redirectHttp\' is true: "traffic/ingress/stream" passes all bytes of port 80 on: leave \'redirectHttp\' out, or give that entry another port');
    expect(() => stream(second, 80)).toThrow(
      '\'port\' is 80: "traffic/ingress/shop" sends its names from port 80 to https (\'redirectHttp\'): leave that out, or take another port');
  });
});

test('an address that users ask for is refused as the name of a certificate', () => {
  const balancer = newBalancer(newChart());
  const backend = Backend.machines([SVC], { scheme: Scheme.HTTPS });

  expect(() => add(balancer, 'shop', { domains: ['10.10.20.2'], backend })).toThrow(
    '\'domains\' is "10.10.20.2": the machines\' certificate would be verified for it, and nginx verifies names only: '
    + 'set \'host\' of the backend, or \'serverName\' of its TLS');
});
