import { EnvironmentEntry, EnvironmentEntryProps, ManagementEntry } from '../lib';
import { fileOf, newBalancer, newChart } from './support/constructs';
import { blocks, serverOf, valueOf } from './support/nginx-text';

/** The entry of `prod` for example.com, and its server. */
function prod(props: Partial<EnvironmentEntryProps> = {}): { entry: EnvironmentEntry; server: string[] } {
  const chart = newChart();
  const balancer = newBalancer(chart);
  const entry = new EnvironmentEntry(chart, 'entry', { balancer, environment: 'prod', domains: ['example.com'], ...props });
  return { entry, server: serverOf(fileOf(balancer, 'conf.d/prod.cluster.k8s.conf'), 'example.com', 80) };
}

test('each environment has a file of its own, which all its entries share in the order of creation', () => {
  // GIVEN
  const chart = newChart();
  const balancer = newBalancer(chart);

  // WHEN
  new EnvironmentEntry(chart, 'z', { balancer, environment: 'prod', domains: ['z.example'] });
  new EnvironmentEntry(chart, 'dev', { balancer, environment: 'dev', domains: ['dev.example'] });
  new EnvironmentEntry(chart, 'a', { balancer, environment: 'prod', domains: ['a.example'] });

  // THEN
  const names = (file: string) => blocks(fileOf(balancer, file), 'server').map((lines) => valueOf(lines, 'server_name'));
  expect(names('conf.d/prod.cluster.k8s.conf')).toEqual(['z.example', 'a.example']);
  expect(names('conf.d/dev.cluster.k8s.conf')).toEqual(['dev.example']);
});

test('the Ingress gets the environment\'s host of the balancer\'s domain', () => {
  const { entry, server } = prod();

  expect(entry.internalHost).toBe('prod.cluster.k8s');
  expect(server).toContain('proxy_set_header Host prod.cluster.k8s;');
});

test('the Ingress gets the internal host that is given, and the client never sees it', () => {
  const { entry, server } = prod({ internalHost: 'shop.prod.internal' });

  expect(entry.internalHost).toBe('shop.prod.internal');
  expect(server).toContain('proxy_set_header Host shop.prod.internal;');
  expect(server).toContain('proxy_redirect http://shop.prod.internal/ /;');
  expect(server).toContain('proxy_redirect https://shop.prod.internal/ /;');
  expect(server).toContain('proxy_cookie_domain shop.prod.internal $host;');
});

test.each([
  [undefined, '/var/log/nginx/prod_access.log'],
  ['shop', '/var/log/nginx/shop_prod_access.log'],
  ['Shop_2.0', '/var/log/nginx/Shop_2.0_prod_access.log'],
])('requests of the application %s are logged to %s', (application, file) => {
  expect(valueOf(prod({ application }).server, 'access_log')).toBe(`${file} gatehouse buffer=64k flush=1s`);
});

test('entries of one environment and application share the log file', () => {
  const chart = newChart();
  const balancer = newBalancer(chart);

  ['first', 'second'].forEach((id) => new EnvironmentEntry(chart, id, { balancer, environment: 'prod', application: 'shop', domains: [`${id}.example`] }));

  expect(fileOf(balancer, 'conf.d/prod.cluster.k8s.conf').match(/shop_prod_access\.log/g)).toHaveLength(2);
});

test('all names can come to one environment by the bare address', () => {
  const chart = newChart();
  const balancer = newBalancer(chart);
  new EnvironmentEntry(chart, 'test', { balancer, environment: 'test', defaultServer: true });

  const [server] = blocks(fileOf(balancer, 'conf.d/test.cluster.k8s.conf'), 'server');
  expect(server).toContain('listen 80 default_server;');
  expect(server).toContain('proxy_set_header Host test.cluster.k8s;');
});

describe('refuses', () => {
  test.each(['Prod', 'a.b', '../a', 'a_b', '', 'a b'])('the environment %j', (environment) => {
    expect(() => prod({ environment })).toThrow(`'environment' is ${JSON.stringify(environment)}: a name has 1..63 characters of a-z, 0-9 and "-"`);
  });

  test.each(['../a', '', 'a/b', 'a b', '$host', '.a'])('the application %j', (application) => {
    expect(() => prod({ application })).toThrow(
      `'application' is ${JSON.stringify(application)}: 1..63 characters of A-Z, a-z, 0-9 and . _ - are allowed, and the first is a letter or a digit, since a file is named after it`);
  });

  test.each(['10.10.20.21', 'a_b', 'prod.cluster.k8s:80', '$host'])('the internal host %s', (internalHost) => {
    expect(() => prod({ internalHost })).toThrow(`'internalHost' is "${internalHost}": a DNS name has labels`);
  });

  test('an environment whose file would be the one of the upstreams', () => {
    expect(() => prod({ environment: 'ingress' })).toThrow(
      '\'environment\' is "ingress": its file would be conf.d/ingress.cluster.k8s.conf, which holds the upstreams of "traffic/ingress": name the environment otherwise, or set \'hostname\' of the balancer');
  });

  test('to write to the log file of a management entry', () => {
    const chart = newChart();
    const balancer = newBalancer(chart);
    new ManagementEntry(chart, 'prod', { balancer, domains: ['prod.example'] });

    expect(() => new EnvironmentEntry(chart, 'environment', { balancer, environment: 'prod', domains: ['example.com'] })).toThrow(
      '"traffic/prod" logs to /var/log/nginx/prod_access.log already: give the management entry another \'name\', or the environment\'s entry an \'application\'');
  });
});
