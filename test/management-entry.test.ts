import { Backend, EnvironmentEntry, ManagementEntry } from '../lib';
import { fileOf, newBalancer, newChart } from './support/constructs';
import { serverOf, valueOf } from './support/nginx-text';

const FILE = 'conf.d/cluster.k8s.conf';

test('all management entries of a balancer are in one file, each with a log file of its name', () => {
  // GIVEN
  const chart = newChart();
  const balancer = newBalancer(chart);

  // WHEN
  new ManagementEntry(chart, 'dashboard', { balancer, domains: ['dashboard.example'] });
  new ManagementEntry(chart, 'mirror', { balancer, domains: ['mirror.example'], name: 'nexus' });

  // THEN
  const text = fileOf(balancer, FILE);
  expect(valueOf(serverOf(text, 'dashboard.example', 80), 'access_log')).toBe('/var/log/nginx/dashboard_access.log gatehouse buffer=64k flush=1s');
  expect(valueOf(serverOf(text, 'mirror.example', 80), 'access_log')).toBe('/var/log/nginx/nexus_access.log gatehouse buffer=64k flush=1s');
});

test('the Ingress gets the first domain as Host, whichever the user asked for', () => {
  const chart = newChart();
  const balancer = newBalancer(chart);
  new ManagementEntry(chart, 'dashboard', { balancer, domains: ['dashboard.example', 'k8s.example'] });

  const server = serverOf(fileOf(balancer, FILE), 'k8s.example', 80);
  expect(server).toContain('proxy_set_header Host dashboard.example;');
  expect(server).toContain('proxy_redirect http://dashboard.example/ /;');
  expect(server).toContain('proxy_redirect https://dashboard.example/ /;');
  expect(server).toContain('proxy_cookie_domain dashboard.example $host;');
});

describe('refuses', () => {
  test('to be the default server without a domain, when nobody says which Host to send', () => {
    const chart = newChart();
    const balancer = newBalancer(chart);

    expect(() => new ManagementEntry(chart, 'any', { balancer, defaultServer: true })).toThrow(
      '\'defaultServer\' is true: unknown names must not reach the backend as Host: say which to send with \'Backend.ingress({ host })\'');
    expect(() => new ManagementEntry(chart, 'other', { balancer, defaultServer: true, backend: Backend.ingress({ host: 'a.example' }) })).not.toThrow();
  });

  test('to write to the log file of an environment', () => {
    const chart = newChart();
    const balancer = newBalancer(chart);
    new EnvironmentEntry(chart, 'environment', { balancer, environment: 'prod', domains: ['example.com'] });

    expect(() => new ManagementEntry(chart, 'prod', { balancer, domains: ['prod.example'] })).toThrow(
      '"traffic/environment" logs to /var/log/nginx/prod_access.log already: give the management entry another \'name\', or the environment\'s entry an \'application\'');
  });
});
