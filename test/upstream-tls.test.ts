import { CaBundle, EgressRouteOptions, Scheme, UpstreamTls } from '../lib';
import { newChart, newEgress } from './support/constructs';
import { nginxTexts } from './support/manifests';
import { blocks, valueOf } from './support/nginx-text';

/** The server of a route to https://partner.example, and nginx.conf. */
function https(tls?: UpstreamTls, options: Partial<EgressRouteOptions> = {}): { server: string[]; main: string } {
  const chart = newChart();
  newEgress(chart).addRoute('partner', { scheme: Scheme.HTTPS, host: 'partner.example', targets: ['203.0.113.1'], tls, ...options });
  const texts = nginxTexts(chart);
  return { server: blocks(texts['routes-1.conf'], 'server')[0], main: texts['nginx.conf'].replace(/ +/g, ' ') };
}

test('the certificate is verified by default, against the system\'s authorities and the host', () => {
  const { server, main } = https();

  expect(server).toContain('proxy_pass https://partner;');
  expect(valueOf(server, 'proxy_ssl_server_name')).toBe('on');
  expect(valueOf(server, 'proxy_ssl_name')).toBe('partner.example');
  expect(main).toContain('proxy_ssl_verify on;');
  expect(main).toContain('proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;');
});

test('TLS is 1.2 or 1.3, and up to four intermediate certificates are followed', () => {
  const { main } = https();

  expect(main).toContain('proxy_ssl_protocols TLSv1.2 TLSv1.3;');
  expect(main).toContain('proxy_ssl_verify_depth 4;');
});

test('a name of its own is asked for and verified, while the Host stays', () => {
  const { server } = https(UpstreamTls.verified({ serverName: 'tls.partner.example' }));

  expect(valueOf(server, 'proxy_ssl_name')).toBe('tls.partner.example');
  expect(server).toContain('proxy_set_header Host partner.example;');
});

test('what is insecure says why, and sends the name all the same', () => {
  const { server } = https(UpstreamTls.insecure('ticket NET-77; "quoted" $x }'));

  expect(server).toContain('# the certificate is not verified: ticket NET-77; "quoted" $x }');
  expect(valueOf(server, 'proxy_ssl_verify')).toBe('off');
  expect(valueOf(server, 'proxy_ssl_server_name')).toBe('on');
  expect(valueOf(server, 'proxy_ssl_name')).toBe('partner.example');
  expect(valueOf(server, 'proxy_ssl_trusted_certificate')).toBeUndefined();
});

test('what is insecure can ask for another name', () => {
  const { server } = https(UpstreamTls.insecure('ticket NET-77', { serverName: 'other.example' }));

  expect(valueOf(server, 'proxy_ssl_name')).toBe('other.example');
});

test('what is insecure stays so beside a route with the system\'s authorities', () => {
  // GIVEN
  const chart = newChart();
  const egress = newEgress(chart);

  // WHEN
  egress.addRoute('partner', { scheme: Scheme.HTTPS, host: 'partner.example', targets: ['203.0.113.1'] });
  egress.addRoute('legacy', { scheme: Scheme.HTTPS, host: 'legacy.example', targets: ['203.0.113.2'], tls: UpstreamTls.insecure('ticket NET-77') });

  // THEN
  const [partner, legacy] = blocks(nginxTexts(chart)['routes-1.conf'], 'server');
  expect(valueOf(partner, 'proxy_ssl_verify')).toBeUndefined();
  expect(valueOf(legacy, 'proxy_ssl_verify')).toBe('off');
});

describe('refuses', () => {
  test.each(['', ' ', 'a\nb', undefined as unknown as string])('to be insecure for the reason %j', (reason) => {
    expect(() => UpstreamTls.insecure(reason)).toThrow(/^'reason' is .+: one line of text is expected$/);
  });

  test.each(['10.0.0.1', 'a_b', ''])('%j as a name', (serverName) => {
    expect(() => UpstreamTls.verified({ serverName })).toThrow(`'serverName' is ${JSON.stringify(serverName)}: a DNS name`);
    expect(() => UpstreamTls.insecure('ticket', { serverName })).toThrow(`'serverName' is ${JSON.stringify(serverName)}: a DNS name`);
  });

  test('TLS without the scheme', () => {
    expect(() => https(UpstreamTls.verified({ ca: CaBundle.system() }), { scheme: Scheme.HTTP }))
      .toThrow('\'tls\' is "given": it needs \'scheme: Scheme.HTTPS\', or leave it out');
  });
});
