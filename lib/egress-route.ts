import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { HeaderValue } from './header-value';
import { RouteDefinition, RouteHost } from './private/egress/route';
import { RouteService } from './private/egress/route-service';
import { ProxyOptions } from './proxy-options';
import { RateLimit } from './rate-limit';
import { Scheme } from './scheme';
import { UpstreamTls } from './upstream-tls';

/**
 * Options of an http route.
 */
export interface EgressRouteOptions extends ProxyOptions {
  /**
   * How the targets are spoken to; applications always speak http to the proxy.
   */
  readonly scheme: Scheme;

  /**
   * The external system's addresses: `ip[:port]`, `[ipv6]:port`, or with `resolvers` of the proxy `name[:port]`; each once.
   * They become `server` of the upstream.
   *
   * Without a port it is 80, or 443 with Scheme.HTTPS.
   */
  readonly targets: string[];

  /**
   * The name of the external system: it is sent as Host, asked for in the TLS handshake and verified.
   *
   * @default - the one target, if it is a name, or an address with http; else required
   */
  readonly host?: string;

  /**
   * What the route is for; it becomes a comment in the configuration.
   *
   * @default - no comment
   */
  readonly description?: string;

  /**
   * TLS towards the targets, with Scheme.HTTPS.
   *
   * @default UpstreamTls.verified()
   */
  readonly tls?: UpstreamTls;

  /**
   * Port of the Service, which applications use.
   *
   * @default 80
   */
  readonly port?: number;

  /**
   * Literal request headers towards the external system; `$` is text. They become `proxy_set_header`.
   *
   * @default - not any
   */
  readonly headers?: { [name: string]: string };

  /**
   * Whether X-Forwarded-*, X-Real-IP and Forwarded are passed on as the caller sent them, with the caller's address appended to
   * X-Forwarded-For.
   *
   * @default false - they are removed: who calls inside is not the external system's business
   */
  readonly forwardClientHeaders?: boolean;

  /**
   * The most requests towards the external system, of all pods together; what is above is answered with 429.
   *
   * Each pod lets its share through, since each counts by itself.
   *
   * @default - unlimited
   */
  readonly rateLimit?: RateLimit;

  /**
   * The most connections towards the external system, of all pods together; a request above is answered with 429.
   *
   * Each pod has its share, and no connection is kept open between requests.
   *
   * @default - unlimited
   */
  readonly maxConnections?: number;
}

/**
 * Options of one target.
 */
export interface TargetOptions {
  /**
   * Share of the requests in relation to the other targets; it becomes `weight`.
   *
   * @default 1
   */
  readonly weight?: number;

  /**
   * Whether the target is used only when all others fail; it becomes `backup`.
   *
   * @default false
   */
  readonly backup?: boolean;
}

/**
 * What all routes have.
 */
export interface IEgressRoute {
  /**
   * Name of the route and of its Service.
   */
  readonly name: string;

  /**
   * The Service that applications call.
   */
  readonly service: kplus.Service;
}

/**
 * A way out of the cluster to one external system; made by `EgressProxy.addRoute`.
 *
 * It is a Service of its name, and a server of its own in nginx on a port of its own: whatever Host a client sends, the
 * Service decides where the request goes.
 */
export class EgressRoute extends Construct implements IEgressRoute {
  /** @internal */
  public static _create(proxy: Construct & RouteHost, name: string, definition: RouteDefinition): EgressRoute {
    return new EgressRoute(proxy, name, definition);
  }

  /**
   * Name of the route and of its Service.
   */
  public readonly name: string;

  /**
   * The Service that applications call.
   */
  public readonly service: kplus.Service;

  /** @internal */
  public readonly _definition: RouteDefinition;

  private readonly port: number;

  private constructor(proxy: Construct & RouteHost, name: string, definition: RouteDefinition) {
    super(proxy, name);
    this.name = name;
    this._definition = definition;
    this.port = this._definition.servicePort;
    this.service = new RouteService(this, 'Service', { name, port: this.port, labels: proxy._labels, selector: proxy._selector, target: this._definition });
  }

  /**
   * What applications call: `http://dashboard`, or `http://dashboard:8080` when the port of the Service is another than 80.
   */
  public get url(): string {
    return this.port === 80 ? `http://${this.name}` : `http://${this.name}:${this.port}`;
  }

  /**
   * The port on which the pods serve the route.
   */
  public get containerPort(): number {
    return this._definition.containerPort;
  }

  /**
   * Adds a target; the route must have a `host`.
   *
   * @param target `ip[:port]`, `[ipv6]:port`, or with `resolvers` of the proxy `name[:port]`
   * @param options its weight, or that it is a backup
   */
  public addTarget(target: string, options: TargetOptions = {}): void {
    this._definition.addTarget(target, options);
  }

  /**
   * Sets a request header towards the external system.
   *
   * @param name name of the header; each once
   * @param value text, or a key of a Secret
   */
  public setHeader(name: string, value: HeaderValue): void {
    this._definition.setHeader(name, value);
  }

  /**
   * Removes a request header towards the external system.
   *
   * @param name name of the header; each once
   */
  public removeHeader(name: string): void {
    this._definition.setHeader(name);
  }

  /**
   * Adds text to the end of the route's `location` block, for what no prop says. Nobody checks it but for its braces, quotes
   * and semicolons; it is marked in the configuration, with the reason.
   *
   * @param text directives of nginx
   * @param reason why they are needed
   */
  public addUncheckedDirectives(text: string, reason: string): void {
    this._definition.addUnchecked(text, reason);
  }
}
