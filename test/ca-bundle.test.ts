import * as kplus from 'cdk8s-plus-28';
import { CaBundle, Scheme, UpstreamTls } from '../lib';
import { newChart, newEgress } from './support/constructs';
import { nginxTexts, podSpec } from './support/manifests';
import { blocks, valueOf } from './support/nginx-text';

interface Trust {
  readonly file?: string;
  readonly main: string;
  readonly sources: object[];
}

/** What a proxy with one route to https://partner.example makes of a bundle. */
function trusting(bundle: (configMap: kplus.IConfigMap, secret: kplus.ISecret) => CaBundle): Trust {
  const chart = newChart();
  const ca = bundle(kplus.ConfigMap.fromConfigMapName(chart, 'root-ca', 'root-ca'), kplus.Secret.fromSecretName(chart, 'site-ca', 'site-ca'));
  newEgress(chart).addRoute('partner', { scheme: Scheme.HTTPS, host: 'partner.example', targets: ['203.0.113.1'], tls: UpstreamTls.verified({ ca }) });
  const texts = nginxTexts(chart);
  const [server] = blocks(texts['routes-1.conf'], 'server');
  const sources = podSpec(chart).volumes.find(({ name }) => name === 'trust')?.projected?.sources ?? [];
  return { file: valueOf(server, 'proxy_ssl_trusted_certificate'), main: texts['nginx.conf'], sources };
}

test('a ConfigMap is mounted with its key ca.crt', () => {
  const { file, sources } = trusting((configMap) => CaBundle.fromConfigMap(configMap));

  expect(file).toBe('/etc/gatehouse/trust/configmap-root-ca/ca.crt');
  expect(sources).toEqual([{ configMap: { name: 'root-ca', items: [{ key: 'ca.crt', path: 'configmap-root-ca/ca.crt' }] } }]);
});

test('a Secret is mounted with the key that was given', () => {
  const { file, sources } = trusting((_, secret) => CaBundle.fromSecret(secret, 'bundle.pem'));

  expect(file).toBe('/etc/gatehouse/trust/secret-site-ca/bundle.pem');
  expect(sources).toEqual([{ secret: { name: 'site-ca', items: [{ key: 'bundle.pem', path: 'secret-site-ca/bundle.pem' }] } }]);
});

test('the system\'s authorities are a file of the image, which nginx loads once for all routes', () => {
  const { file, main, sources } = trusting(() => CaBundle.system());

  expect(file).toBeUndefined();
  expect(main).toContain('proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;');
  expect(main).toMatch(/proxy_ssl_verify +on;/);
  expect(sources).toEqual([]);
});

test('a pod does not start before its ConfigMaps and Secrets are there: none is optional', () => {
  const { sources } = trusting((configMap) => CaBundle.fromConfigMap(configMap));

  expect(JSON.stringify(sources)).not.toContain('optional');
});

describe('refuses', () => {
  test('a file of the load balancer in a pod', () => {
    expect(() => trusting(() => CaBundle.fromFile('/etc/ssl/site-ca.pem')))
      .toThrow('\'ca\' is "/etc/ssl/site-ca.pem": a file of the load balancer is not in the pod: use \'CaBundle.fromConfigMap\' or \'CaBundle.fromSecret\'');
  });

  test('a path that is not absolute', () => {
    expect(() => CaBundle.fromFile('site-ca.pem')).toThrow('\'path\' is "site-ca.pem": an absolute path is expected');
  });

  test('the name of a ConfigMap or Secret that would be a path', () => {
    const chart = newChart();
    const reason = ': the name of an object has 1..253 characters of a-z, 0-9, "-" and "."';

    expect(() => CaBundle.fromConfigMap(kplus.ConfigMap.fromConfigMapName(chart, 'a', '../a'))).toThrow(`'configMap' is "../a"${reason}`);
    expect(() => CaBundle.fromSecret(kplus.Secret.fromSecretName(chart, 'b', '../b'))).toThrow(`'secret' is "../b"${reason}`);
  });

  test.each(['', '../ca.crt', 'a b'])('%j as a key', (key) => {
    const reason = `'key' is ${JSON.stringify(key)}: a key has 1..253 characters of A-Z, a-z, 0-9 and . _ -`;

    expect(() => trusting((configMap) => CaBundle.fromConfigMap(configMap, key))).toThrow(reason);
    expect(() => trusting((_, secret) => CaBundle.fromSecret(secret, key))).toThrow(reason);
  });
});
