import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { RouteDefinition, RouteHost } from './private/egress/route';
import { RouteService } from './private/egress/route-service';
import { ProxyOptions } from './proxy-options';
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
   * The external system's addresses: `ip`, `ip:port` or `[ipv6]:port`; each once. They become `server` of the upstream.
   *
   * Without a port it is 80, or 443 with Scheme.HTTPS.
   */
  readonly targets: string[];

  /**
   * The name of the external system: it is sent as Host, asked for in the TLS handshake and verified.
   *
   * @default - with http and one target that target's address; else required
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
  public static _create(proxy: Construct & RouteHost, name: string, options: EgressRouteOptions): EgressRoute {
    return new EgressRoute(proxy, name, options);
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

  private constructor(proxy: Construct & RouteHost, name: string, options: EgressRouteOptions) {
    super(proxy, name);
    this.name = name;
    this._definition = new RouteDefinition(name, options, proxy);
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
}
