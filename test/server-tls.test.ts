import { Duration } from 'cdk8s';
import { IngressBalancer, ManagementEntry, ServerTls, ServerTlsOptions } from '../lib';
import { fileOf, newBalancer, newChart } from './support/constructs';
import { serverOf, serversOf, valueOf } from './support/nginx-text';

const CERTIFICATE = '/etc/ssl/example.pem';
const KEY = '/etc/ssl/example.key';

/** The file of a balancer with one https entry for example.com. */
function fileWith(options?: ServerTlsOptions, port?: number, more: (balancer: IngressBalancer) => void = () => undefined): string {
  const chart = newChart();
  const balancer = newBalancer(chart);
  new ManagementEntry(chart, 'app', { balancer, domains: ['example.com'], tls: ServerTls.fromFiles(CERTIFICATE, KEY, options), port });
  more(balancer);
  return fileOf(balancer, 'conf.d/cluster.k8s.conf');
}

test('certificate and key are those of the server', () => {
  const server = serverOf(fileWith(), 'example.com', 443);

  expect(server).toContain('listen 443 ssl http2;');
  expect(valueOf(server, 'ssl_certificate')).toBe(CERTIFICATE);
  expect(valueOf(server, 'ssl_certificate_key')).toBe(KEY);
});

test('browsers are told to stay with https when hsts is given, also on errors', () => {
  expect(serverOf(fileWith({ hsts: Duration.days(365) }), 'example.com', 443)).toContain('add_header Strict-Transport-Security max-age=31536000 always;');
  expect(fileWith()).not.toContain('Strict-Transport-Security');
});

describe('port 80', () => {
  const redirect = (text: string) => valueOf(serverOf(text, 'example.com', 80), 'return');
  const serves80 = (text: string) => serversOf(text, 'example.com').some((lines) => lines.includes('listen 80;'));

  test('sends to https by default', () => {
    expect(redirect(fileWith())).toBe('308 https://$host$request_uri');
  });

  test('does not when redirectHttp is false', () => {
    expect(serves80(fileWith({ redirectHttp: false }))).toBe(false);
  });

  test('does not send to another port than 443 by itself', () => {
    expect(serves80(fileWith({}, 8443))).toBe(false);
  });

  test('sends to another port when redirectHttp is true, and says which', () => {
    expect(redirect(fileWith({ redirectHttp: true }, 8443))).toBe('308 https://$host:8443$request_uri');
  });

  test.each(['before', 'after'])('is left to the entry that serves the domain there, which is declared %s', (when) => {
    // GIVEN
    const chart = newChart();
    const balancer = newBalancer(chart);
    const plain = () => new ManagementEntry(chart, 'plain', { balancer, domains: ['example.com'] });
    const https = () => new ManagementEntry(chart, 'https', { balancer, domains: ['example.com', 'www.example.com'], tls: ServerTls.fromFiles(CERTIFICATE, KEY) });

    // WHEN
    (when === 'before' ? [plain, https] : [https, plain]).forEach((make) => make());

    // THEN
    const text = fileOf(balancer, 'conf.d/cluster.k8s.conf');
    expect(serverOf(text, 'example.com', 80)).toContain('proxy_pass http://plain;');
    expect(serverOf(text, 'www.example.com', 80)).toContain('server_name www.example.com;');
  });

  test('sends to 443 by default when the domain is on two https ports', () => {
    const text = fileWith({}, 443, (balancer) => {
      new ManagementEntry(balancer, 'other', { balancer, domains: ['example.com'], tls: ServerTls.fromFiles(CERTIFICATE, KEY), port: 8443 });
    });

    expect(redirect(text)).toBe('308 https://$host$request_uri');
  });

  test('sends to the port that asks for it when the domain is on two https ports', () => {
    const text = fileWith({}, 443, (balancer) => {
      const tls = ServerTls.fromFiles(CERTIFICATE, KEY, { redirectHttp: true });
      new ManagementEntry(balancer, 'other', { balancer, domains: ['example.com'], tls, port: 8443 });
    });

    expect(redirect(text)).toBe('308 https://$host:8443$request_uri');
  });
});

describe('refuses', () => {
  test.each(['ssl/a.pem', '/etc/../a.pem', '/etc/$host.pem', 'data:x', ''])('%j as the path of a certificate or key', (path) => {
    const reason = ': an absolute path is expected, of A-Z, a-z, 0-9 and . _ @ + - between the slashes, without ".."';

    expect(() => ServerTls.fromFiles(path, KEY)).toThrow(`'certificate' is ${JSON.stringify(path)}${reason}`);
    expect(() => ServerTls.fromFiles(CERTIFICATE, path)).toThrow(`'key' is ${JSON.stringify(path)}${reason}`);
  });

  test.each([[Duration.seconds(0), '0 s'], [Duration.millis(1500), '1.5 s']])('hsts of no whole seconds', (hsts, shown) => {
    expect(() => ServerTls.fromFiles(CERTIFICATE, KEY, { hsts })).toThrow(`'hsts' is "${shown}": a whole number of seconds above 0 is expected`);
  });

  test('redirectHttp when an entry serves the domain on port 80, and the other way round', () => {
    // GIVEN
    const chart = newChart();
    const balancer = newBalancer(chart);
    const tls = ServerTls.fromFiles(CERTIFICATE, KEY, { redirectHttp: true });
    new ManagementEntry(chart, 'plain', { balancer, domains: ['a.example'] });
    new ManagementEntry(chart, 'https', { balancer, domains: ['b.example'], tls });

    // THEN
    expect(() => new ManagementEntry(chart, 'https-a', { balancer, domains: ['a.example'], tls }))
      .toThrow('\'redirectHttp\' is true: "traffic/plain" serves a.example on port 80: leave \'redirectHttp\' out, or that entry');
    expect(() => new ManagementEntry(chart, 'plain-b', { balancer, domains: ['b.example'] }))
      .toThrow('\'domains\' is "b.example": "traffic/https" sends it from port 80 to https (\'redirectHttp\'): leave that out, or this entry');
  });

  test('two entries that send one domain from port 80 to different ports', () => {
    // GIVEN
    const chart = newChart();
    const balancer = newBalancer(chart);
    const tls = ServerTls.fromFiles(CERTIFICATE, KEY, { redirectHttp: true });
    new ManagementEntry(chart, 'first', { balancer, domains: ['a.example'], tls });

    // THEN
    expect(() => new ManagementEntry(chart, 'second', { balancer, domains: ['a.example'], tls, port: 8443 }))
      .toThrow('\'domains\' is "a.example": "traffic/first" sends it from port 80 to https (\'redirectHttp\'): leave that out, or this entry');
  });
});
