import { connectionsPerPod, ratePerPod } from './pods';
import { ContainerPorts, portName } from './ports';
import { SecretHeaders } from './secret-headers';
import { TrustMount } from './trust';
import { EgressRouteOptions, TargetOptions } from '../../egress-route';
import { HeaderValue } from '../../header-value';
import { Scheme } from '../../scheme';
import { UpstreamTls } from '../../upstream-tls';
import { addRequestHeader, RequestHeaders } from '../headers';
import { commentLine, domainName, headerValue, integer, oneOf, port, socketAddress, target } from '../nginx/grammar';
import { CAUTIOUS_KEEPALIVE, ConnectionLimit, ForwardedHeaders, HostHeader, Listener, Location, Member, RequestLimit, Server, TlsToUpstream, UncheckedText, Upstream } from '../proxy/model';
import { checkProxyOptions, handledBy, Handling } from '../proxy/options';
import { upstreamTls } from '../proxy/upstream-tls';
import { refuse } from '../refuse';
import { uncheckedText } from '../unchecked';

/** What a route needs of its proxy. */
export interface RouteHost {
  readonly _name: string;
  /** Labels of all objects of the proxy. */
  readonly _labels: { [key: string]: string };
  /** Labels that its pods are found by. */
  readonly _selector: { [key: string]: string };
  readonly _ports: ContainerPorts;
  readonly _trust: TrustMount;
  readonly _secretHeaders: SecretHeaders;
  /** Whether the pods have IPv6 addresses. */
  readonly _ipv6: boolean;
  /** Whether there are DNS servers for targets that are names. */
  readonly _resolves: boolean;
  /** The most pods that run at a time. */
  readonly _mostPods: number;
  /** Says that a route is not what it was. */
  _changed(): void;
}

const TIMEOUTS = { connect: 10_000, send: 10_000, read: 10_000 };
const CONNECTIONS = 16;

/** A route as it was asked for, checked; what nginx and the manifests need of it is made of this. */
export class RouteDefinition {
  public readonly containerPort: number;
  public readonly portName: string;
  public readonly servicePort: number;
  /** The longest time that a request may take between two signs of life, in milliseconds. */
  public readonly longestWait: number;

  private readonly description?: string;
  private readonly targets = new Map<string, Member>();
  private readonly hostIsGiven: boolean;
  private readonly host: HostHeader;
  private readonly tls?: TlsToUpstream;
  private readonly handling: Handling;
  private readonly forwarded: ForwardedHeaders;
  private readonly requestLimit?: RequestLimit;
  private readonly connectionLimit?: ConnectionLimit;
  private readonly headers: RequestHeaders = new Map();
  private readonly unchecked: UncheckedText[] = [];
  private include?: string;

  constructor(private readonly name: string, private readonly options: EgressRouteOptions, private readonly proxy: RouteHost) {
    oneOf('scheme', options.scheme, Scheme);
    if (options.tls && !this.https) {
      throw refuse('tls', 'given', 'it needs \'scheme: Scheme.HTTPS\', or leave it out');
    }
    this.description = options.description === undefined ? undefined : commentLine('description', options.description);
    if (!Array.isArray(options.targets) || options.targets.length === 0) {
      throw refuse('targets', options.targets, 'at least one target is needed');
    }
    options.targets.forEach((each, i) => this.addMember(`targets[${i}]`, each, {}));
    this.hostIsGiven = options.host !== undefined;
    this.host = { literal: hostOf(options, [...this.targets.values()]) };
    this.handling = checkProxyOptions(options, TIMEOUTS);
    this.servicePort = port('port', options.port ?? 80);
    this.forwarded = options.forwardClientHeaders ? ForwardedHeaders.APPEND : ForwardedHeaders.REMOVE;
    this.requestLimit = options.rateLimit && { zone: `${name}_rate`, key: 'server', ...ratePerPod(options.rateLimit, proxy._mostPods) };
    this.connectionLimit = options.maxConnections === undefined ? undefined : {
      zone: `${name}_connections`, key: 'server', connections: connectionsPerPod(options.maxConnections, proxy._mostPods),
    };
    for (const [header, value] of Object.entries(options.headers ?? {})) {
      addRequestHeader(this.headers, { name: header, value: headerValue(`headers['${header}']`, value) }, 'headers');
    }
    const { connect, send, read } = this.handling.timeouts;
    this.longestWait = Math.max(connect, send, read);
    // last, since they leave something behind in the proxy
    this.tls = this.https ? upstreamTls(options.tls ?? UpstreamTls.verified(), this.host, proxy._trust) : undefined;
    this.containerPort = proxy._ports.allocate(name);
    this.portName = portName(name);
  }

  /** Adds a target. */
  public addTarget(value: string, options: TargetOptions): void {
    if (!this.hostIsGiven) {
      throw refuse('host', undefined, 'with several targets the route must say which name they answer to');
    }
    this.addMember('target', value, options);
    this.proxy._changed();
  }

  /** Sets a header, or without a value removes it. */
  public setHeader(name: string, value?: HeaderValue): void {
    const secret = value?._secret;
    addRequestHeader(this.headers, { name, value: value?._text, elsewhere: secret !== undefined });
    if (secret) {
      this.include = this.proxy._secretHeaders.add({ route: this.name, name, secret });
    }
    this.proxy._changed();
  }

  /** Adds text to the end of the location. */
  public addUnchecked(text: string, reason: string): void {
    this.unchecked.push(uncheckedText(text, reason));
    this.proxy._changed();
  }

  /** The listener with the one server that is on it. */
  public toListener(): Listener {
    const server: Server = {
      // not the construct's path: a construct that is moved must not change the text, and with it the pods
      owner: `${this.proxy._name}/${this.name}`,
      description: this.description,
      names: [this.name],
      isDefault: true,
      responseHeaders: [],
      answer: { kind: 'proxy', locations: [this.toLocation()] },
      unchecked: [],
    };
    return { port: this.containerPort, ipv6: this.proxy._ipv6, tls: false, http2: false, proxyProtocol: false, servers: [server] };
  }

  private toLocation(): Location {
    const upstream = this.toUpstream();
    // a name may stand for several addresses
    const members = upstream.members.some(({ resolve }) => resolve) ? upstream.members.length + 1 : upstream.members.length;
    return {
      path: '/',
      upstream,
      host: this.host,
      forwarded: this.forwarded,
      ...handledBy(this.handling, members),
      headers: this.headers,
      include: this.include,
      requestLimit: this.requestLimit,
      connectionLimit: this.connectionLimit,
      unchecked: this.unchecked,
    };
  }

  private toUpstream(): Upstream {
    return {
      name: this.name,
      members: [...this.targets.values()],
      tls: this.tls,
      keepaliveTimeout: CAUTIOUS_KEEPALIVE,
      // connections that wait for requests would come on top of those that are counted
      keepaliveConnections: this.connectionLimit ? 0 : CONNECTIONS,
    };
  }

  private get https(): boolean {
    return this.options.scheme === Scheme.HTTPS;
  }

  private addMember(prop: string, value: string, { weight, backup }: TargetOptions): void {
    const address = target(prop, value, this.https ? 443 : 80);
    if (address.isName && !this.proxy._resolves) {
      throw refuse(prop, value, 'an address is needed: nginx would look the name up once, at its start, and not start at all without an answer; set \'resolvers\' of the proxy for names');
    }
    const key = socketAddress(address.host, address.port);
    if (this.targets.has(key)) {
      throw refuse(prop, value, `the route has ${key} already, and a target that is there twice doubles the time that a dead one costs`);
    }
    this.targets.set(key, {
      host: address.host,
      port: address.port,
      resolve: address.isName,
      backup,
      weight: weight === undefined ? undefined : integer('weight', weight, 1, 1000),
    });
  }
}

/** The Host that is sent: what was given, or the one target, with a port that is not the scheme's own. */
function hostOf({ host, scheme }: EgressRouteOptions, targets: Member[]): string {
  if (host !== undefined) {
    return domainName('host', host);
  }
  const [only] = targets;
  if (targets.length > 1) {
    throw refuse('host', host, 'with several targets it must say which name they answer to');
  }
  if (only.resolve) {
    return only.host;
  }
  if (scheme === Scheme.HTTPS) {
    throw refuse('host', host, 'with https it must say which name the certificate carries: nginx does not verify addresses');
  }
  const address = socketAddress(only.host, only.port);
  return only.port === 80 ? address.slice(0, -':80'.length) : address;
}
