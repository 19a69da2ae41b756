import * as kplus from 'cdk8s-plus-28';
import { Backend, ClientCertificate, ManagementEntry, Scheme, UpstreamTls } from '../lib';
import { fileOf, newBalancer, newChart, newEgress, SVC } from './support/constructs';
import { nginxTexts, podSpec } from './support/manifests';
import { blocks, valueOf } from './support/nginx-text';

const fromSecret = (name: string) => ClientCertificate.fromSecret(kplus.Secret.fromSecretName(newChart(), 'secret', name));
const FILES = ClientCertificate.fromFiles('/etc/nginx/ssl/client.pem', '/etc/nginx/ssl/client.key');

/** The server of a route that shows a certificate, and the sources that its pods mount. */
function route(clientCertificate: ClientCertificate, tls = UpstreamTls.verified({ clientCertificate })): { server: string[]; sources: unknown } {
  const chart = newChart();
  newEgress(chart).addRoute('partner', { scheme: Scheme.HTTPS, host: 'partner.example', targets: ['203.0.113.1'], tls });
  return { server: blocks(nginxTexts(chart)['routes-1.conf'], 'server')[0], sources: podSpec(chart).volumes.find(({ name }) => name === 'trust')?.projected?.sources };
}

/** The server of an entry whose machines are shown a certificate. */
function entry(clientCertificate: ClientCertificate): string[] {
  const chart = newChart();
  const balancer = newBalancer(chart);
  const tls = UpstreamTls.verified({ clientCertificate, serverName: 'svc.cluster.k8s' });
  new ManagementEntry(chart, 'app', { balancer, domains: ['app.example'], backend: Backend.machines([SVC], { scheme: Scheme.HTTPS, tls }) });
  return blocks(fileOf(balancer, 'conf.d/cluster.k8s.conf'), 'server')[0];
}

describe('from a Secret', () => {
  test('it is mounted, and shown by the route', () => {
    const { server, sources } = route(fromSecret('identity'));

    expect(valueOf(server, 'proxy_ssl_certificate')).toBe('/etc/gatehouse/trust/secret-identity/tls.crt');
    expect(valueOf(server, 'proxy_ssl_certificate_key')).toBe('/etc/gatehouse/trust/secret-identity/tls.key');
    expect(sources).toEqual([
      { secret: { name: 'identity', items: [{ key: 'tls.crt', path: 'secret-identity/tls.crt' }] } },
      { secret: { name: 'identity', items: [{ key: 'tls.key', path: 'secret-identity/tls.key' }] } },
    ]);
  });

  test('it leaves the upstream verified by what the route itself says', () => {
    const { server } = route(fromSecret('identity'));

    expect(valueOf(server, 'proxy_ssl_verify')).toBe('on');
    expect(valueOf(server, 'proxy_ssl_trusted_certificate')).toBe('/etc/ssl/certs/ca-certificates.crt');
  });

  test('it is shown to an upstream that nobody verifies as well', () => {
    const clientCertificate = fromSecret('identity');
    const { server } = route(clientCertificate, UpstreamTls.insecure('ticket NET-77', { clientCertificate }));

    expect(valueOf(server, 'proxy_ssl_certificate')).toBe('/etc/gatehouse/trust/secret-identity/tls.crt');
    expect(valueOf(server, 'proxy_ssl_verify')).toBe('off');
  });

  test('it is not on the load balancer', () => {
    expect(() => entry(fromSecret('identity'))).toThrow(
      '\'clientCertificate\' is "secret identity": the load balancer is outside the cluster and reads files only: copy them there and use \'ClientCertificate.fromFiles\'');
  });

  test.each(['Identity', 'a_b', '../a'])('%j is no name of one', (name) => {
    expect(() => fromSecret(name)).toThrow(
      `'secret' is ${JSON.stringify(name)}: the name of an object has 1..253 characters of a-z, 0-9, "-" and ".", and starts and ends with a letter or a digit`);
  });
});

describe('from files', () => {
  test('it is shown by the load balancer', () => {
    const server = entry(FILES);

    expect(valueOf(server, 'proxy_ssl_certificate')).toBe('/etc/nginx/ssl/client.pem');
    expect(valueOf(server, 'proxy_ssl_certificate_key')).toBe('/etc/nginx/ssl/client.key');
  });

  test('it is not in the pod', () => {
    expect(() => route(FILES)).toThrow(
      '\'clientCertificate\' is "/etc/nginx/ssl/client.pem": a file of the load balancer is not in the pod: use \'ClientCertificate.fromSecret\'');
  });

  test.each(['client.pem', '/etc/../client.pem', '/etc/$host.pem', ''])('%j is no path of one', (path) => {
    expect(() => ClientCertificate.fromFiles(path, '/a.key')).toThrow(`'certificate' is ${JSON.stringify(path)}: an absolute path is expected`);
    expect(() => ClientCertificate.fromFiles('/a.pem', path)).toThrow(`'key' is ${JSON.stringify(path)}: an absolute path is expected`);
  });
});
