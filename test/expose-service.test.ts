import { App, Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { EnvironmentEntry, ExposeServiceOptions } from '../lib';
import { newBalancer, newChart } from './support/constructs';
import { Manifest, manifests } from './support/manifests';

interface Rule {
  readonly host: string;
  readonly http: { readonly paths: { readonly path: string; readonly pathType: string; readonly backend: object }[] };
}
interface IngressSpec {
  readonly ingressClassName?: string;
  readonly rules: Rule[];
}

interface Exposed {
  readonly chart: Chart;
  readonly entry: EnvironmentEntry;
  readonly made: kplus.Ingress[];
  readonly ingresses: Manifest<IngressSpec>[];
}

const PORTS = [{ name: 'http', port: 8080 }, { name: 'metrics', port: 9090 }];

/** The Ingresses of a Service `shop` behind the environment prod. */
function expose(...options: (ExposeServiceOptions | undefined)[]): Exposed {
  const chart = newChart();
  const balancer = newBalancer(chart);
  const entry = new EnvironmentEntry(chart, 'prod', { balancer, environment: 'prod', domains: ['example.com'], internalHost: 'shop.prod.cluster.k8s' });
  const service = new kplus.Service(chart, 'shop', { metadata: { name: 'shop' }, ports: PORTS });
  const made = options.map((each) => entry.exposeService(service, each));
  return { chart, entry, made, ingresses: manifests(chart, 'Ingress') as Manifest<IngressSpec>[] };
}

test('the Ingress listens to the host that the balancer sends, so that the two ends agree', () => {
  const { entry, ingresses: [{ apiVersion, metadata, spec }] } = expose(undefined);

  expect(apiVersion).toBe('networking.k8s.io/v1');
  expect(metadata).toMatchObject({ name: 'shop-shop-prod-cluster-k8s', namespace: 'prod' });
  expect(spec).toEqual({
    rules: [{
      host: entry.internalHost,
      http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'shop', port: { number: 8080 } } } }] },
    }],
  });
});

test('path, port and class are those that are given', () => {
  const { ingresses: [{ spec }] } = expose({ path: '/api/v1', port: 9090, ingressClassName: 'nginx' });

  expect(spec.ingressClassName).toBe('nginx');
  expect(spec.rules[0].http.paths).toEqual([{ path: '/api/v1', pathType: 'Prefix', backend: { service: { name: 'shop', port: { number: 9090 } } } }]);
});

test('a Service may be exposed under several paths, each an Ingress of its own', () => {
  const { ingresses } = expose({ path: '/' }, { path: '/api' }, { path: '/API.v2/~a' });

  expect(ingresses.map(({ metadata: { name } }) => name)).toEqual(['shop-shop-prod-cluster-k8s', 'shop-shop-prod-cluster-k8s-api', 'shop-shop-prod-cluster-k8s-api-v2--a']);
});

test('the Ingress is a kplus.Ingress that can be changed like any other', () => {
  const { made: [ingress], ingresses: [{ metadata }] } = expose(undefined);

  expect(ingress).toBeInstanceOf(kplus.Ingress);
  expect(ingress.name).toBe(metadata.name);
});

test('a long path has a name that Kubernetes takes', () => {
  const { ingresses: [{ metadata: { name } }] } = expose({ path: `/${'a'.repeat(225)}/b` });

  expect(name).toMatch(/^shop-shop-prod-cluster-k8s-a+$/);
  expect(name.length).toBeLessThanOrEqual(253);
});

describe('refuses', () => {
  test('a path that is none', () => {
    expect(() => expose({ path: 'api' })).toThrow('\'path\' is "api": a path starts with "/"');
    expect(() => expose({ path: '/api/' })).toThrow('\'path\' is "/api/": a path has no slash at the end: "/api" is that path and everything below it');
  });

  test('a class that is no name', () => {
    expect(() => expose({ ingressClassName: 'Nginx' })).toThrow('\'ingressClassName\' is "Nginx": the name of an object has 1..253 characters');
  });

  test('a port that the Service has not', () => {
    expect(() => expose({ port: 81 })).toThrow('service exposes ports 8080,9090 but backend is defined to use port 81');
  });

  test('a path whose Ingress would take the name of another, naming that', () => {
    expect(() => expose({ path: '/a-b' }, { path: '/A.b' })).toThrow(
      '\'path\' is "/A.b": its Ingress would be named shop-shop-prod-cluster-k8s-a-b, as that of "traffic/shop /a-b" is already: expose one of them under another path');
  });

  test('no name that an Ingress of another namespace has', () => {
    // GIVEN
    const { chart, entry } = expose(undefined);
    const other = new kplus.Service(new Chart(App.of(chart), 'other', { namespace: 'dev' }), 'shop', { metadata: { name: 'shop' }, ports: PORTS });

    // THEN
    expect(() => entry.exposeService(other)).not.toThrow();
  });
});
