import { Chart } from 'cdk8s';
import { EnvironmentEntry, EnvironmentEntryProps, IngressBalancer, IngressBalancerProps, NodePool, PoolNode } from '../../../lib';
import { newBalancer, newChart } from '../../support/constructs';
import { BackendOptions, HttpBackend, Received } from '../support/backends';
import { Authority, Certificate } from '../support/certificates';
import { request, RequestOptions, Response } from '../support/client';
import { nginx, NginxBinary, nginxVersions } from '../support/nginx-binaries';
import { Nginx, NginxOptions } from '../support/nginx-process';

/** What backends are told of a client. */
export const SAID_OF_CLIENTS = ['X-Real-IP', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Port', 'X-Forwarded-Proto'];

/** What an nginx says that is newer than the one which a site was written for. */
export const OF_A_NEWER_NGINX = /"listen \.\.\. http2" directive is deprecated/;

/** Declares the entries of a balancer. */
export type Define = (chart: Chart, balancer: IngressBalancer) => void;

export interface SiteOptions {
  /** Default: the one of `nginx()`. */
  readonly binary?: NginxBinary;
  /** Default: node 1 and node 2. */
  readonly nodes?: PoolNode[];
  readonly props?: Partial<IngressBalancerProps>;
  /** More files of the machine, by their path below its folder. */
  readonly more?: NginxOptions['files'];
}

/**
 * A balancer on addresses that only one test file has: 127.80.<number>.2, with its nodes at .21 and .22. The ports stay what
 * they are.
 */
export class LoopbackSite {
  readonly address: string;

  constructor(private readonly number: number) {
    this.address = this.at(2);
  }

  at(host: number): string {
    return `127.80.${this.number}.${host}`;
  }

  node(count: number, more: Partial<PoolNode> = {}): PoolNode {
    return { name: `node${count}.cluster.k8s`, address: this.at(20 + count), ...more };
  }

  /** What answers on a node, or on another address. */
  backend(name: string, host: number, options: Partial<BackendOptions> = {}): Promise<HttpBackend> {
    return HttpBackend.start({ name, address: this.at(host), port: 80, ...options });
  }

  /** Both nodes, with the same behaviours. */
  async nodes(options: Partial<BackendOptions> = {}): Promise<[HttpBackend, HttpBackend]> {
    return [await this.backend('node1', 21, options), await this.backend('node2', 22, options)];
  }

  /** The configuration, as the machine would get it but for its addresses. */
  async files(define: Define, { binary, nodes, props }: SiteOptions = {}): Promise<Record<string, string>> {
    const { version, streamModule } = binary ?? await nginx();
    const chart = newChart();
    const pool = NodePool.ingress(chart, 'nodes', { nodes: nodes ?? [this.node(1), this.node(2)] });
    const balancer = newBalancer(chart, {
      machines: [{ name: 'ingress.cluster.k8s', address: this.address }],
      nodes: pool, nginxVersion: version, streamModule, ...props,
    });
    define(chart, balancer);
    const listening = (text: string): string => text.replace(/^(\s*listen\s+)(\d+)/gm, `$1${this.address}:$2`);
    return Object.fromEntries(Object.entries(anyUser(balancer.files)).map(([path, text]) => [path, listening(text)]));
  }

  async serve(define: Define, options: SiteOptions = {}): Promise<Nginx> {
    return Nginx.start({ binary: options.binary, files: { ...await this.files(define, options), ...options.more } });
  }

  /** A request to the balancer on port 80, or on 443 with `tls`. */
  request(options: Partial<RequestOptions>): Promise<Response> {
    return request({ address: this.address, port: options.tls ? 443 : 80, ...options });
  }
}

/** One environment under `<name>.example`. */
export function environment(name: string, props: Partial<EnvironmentEntryProps> = {}): Define {
  return (chart, balancer) => new EnvironmentEntry(chart, name, { balancer, environment: name, domains: [`${name}.example`], ...props });
}

/** The default version and the newest one. */
export async function oldestAndNewest(): Promise<NginxBinary[]> {
  const binaries = [await nginx(), ...(await nginxVersions()).slice(-1)];
  return binaries.filter(({ version }, index) => binaries.findIndex((other) => other.version === version) === index);
}

/** The user of the workers need not exist on the machine of the tests. */
export function anyUser(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [path, text.replace(/^user .*\n/m, '')]));
}

/** A certificate of the authority of the test file. */
export function certificate(from: Authority, ...names: string[]): Certificate {
  return from.issue({ names });
}

/** What arrived under a name: undefined when there was no such header. */
export function header({ headers }: Received, wanted: string): string | undefined {
  const values = headers.filter(([name]) => name.toLowerCase() === wanted.toLowerCase()).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(', ');
}

/** Whatever arrived of these headers, by the names that were asked for. */
export function headersOf(received: Received, ...names: string[]): Record<string, string | undefined> {
  return Object.fromEntries(names.map((name) => [name, header(received, name)]));
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}
