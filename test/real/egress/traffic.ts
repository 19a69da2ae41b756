import { Chart } from 'cdk8s';
import { Cluster, Service } from './cluster';
import { newProxy } from './site';
import { EgressProxy, EgressRouteOptions, Scheme } from '../../../lib';
import { HttpBackend } from '../support/backends';
import { load, LoadOptions, LoadResult } from '../support/load';

export interface Applied {
  readonly chart: Chart;
  readonly proxy: EgressProxy;
  readonly portOf: (route: string) => number;
}

/** Applies a proxy with the given routes, in their order. */
export function apply(cluster: Cluster, routes: Record<string, EgressRouteOptions>, addresses?: string[]): Applied {
  const { chart, proxy } = newProxy(cluster, {}, addresses);
  Object.entries(routes).forEach(([name, options]) => proxy.addRoute(name, options));
  cluster.apply(chart);
  return { chart, proxy, portOf: cluster.portsOf(proxy) };
}

export function http(cluster: Cluster, n: number, more: Partial<EgressRouteOptions> = {}): EgressRouteOptions {
  return { scheme: Scheme.HTTP, host: `system${n}.test`, targets: [cluster.network.address(n)], ...more };
}

/** External systems 1 to `count`, each of which says its number. */
export async function systems(cluster: Cluster, count: number): Promise<HttpBackend[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => HttpBackend.start({
    name: String(i + 1), address: cluster.network.address(i + 1), port: 80, behaviours: { '/slow': { delayMs: 1500 }, '/some': { delayMs: 20 } },
  })));
}

/** All kinds of requests at once, over connections that are kept and over new ones. */
export function mixedLoad({ address, port }: Service, seconds: number): Promise<LoadResult[]> {
  const kinds: Partial<LoadOptions>[] = [
    { rate: 60 },
    { rate: 60, keepAlive: false },
    { rate: 40, method: 'POST', body: 'some text' },
    { rate: 40, method: 'POST', body: 'some text', keepAlive: false },
    { concurrency: 4, path: '/some' },
    { concurrency: 4, path: '/some', method: 'POST', body: 'some text' },
  ];
  return Promise.all(kinds.map((kind) => load({ address, port, seconds, ...kind })));
}

/** That none of so many requests got another answer than 200. */
export function expectNoneLost(results: LoadResult[], atLeast: number): void {
  expect(results.map(({ errors, statuses }) => ({ errors, statuses: Object.keys(statuses) }))).toEqual(results.map(() => ({ errors: {}, statuses: ['200'] })));
  expect(results.reduce((sum, { sent }) => sum + sent, 0)).toBeGreaterThan(atLeast);
}
