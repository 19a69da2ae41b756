import { ContainerPorts, portName } from './ports';
import { TrustMount } from './trust';
import { EgressRouteOptions } from '../../egress-route';
import { Scheme } from '../../scheme';
import { UpstreamTls } from '../../upstream-tls';
import { Address, commentLine, domainName, port, socketAddress, target } from '../nginx/grammar';
import { ForwardedHeaders, HostHeader, Listener, Server, TlsToUpstream } from '../proxy/model';
import { checkProxyOptions, Handling, retryOf } from '../proxy/options';
import { upstreamTls } from '../proxy/upstream-tls';
import { refuse } from '../refuse';

/** What a route needs of its proxy. */
export interface RouteHost {
  readonly _name: string;
  /** Labels of all objects of the proxy. */
  readonly _labels: { [key: string]: string };
  /** Labels that its pods are found by. */
  readonly _selector: { [key: string]: string };
  readonly _ports: ContainerPorts;
  readonly _trust: TrustMount;
  /** Whether the pods have IPv6 addresses. */
  readonly _ipv6: boolean;
}

const TIMEOUTS = { connect: 10_000, send: 10_000, read: 10_000 };
const CONNECTIONS = 16;
/** Many servers close idle connections after five seconds; a request on a connection that just closes is lost. */
const KEEPALIVE = 4_000;

/** A route as it was asked for, checked; what nginx and the manifests need of it is made of this. */
export class RouteDefinition {
  public readonly containerPort: number;
  public readonly portName: string;
  public readonly servicePort: number;
  /** The longest time that a request may take between two signs of life, in milliseconds. */
  public readonly longestWait: number;

  private readonly owner: string;
  private readonly description?: string;
  private readonly targets: Address[];
  private readonly host: HostHeader;
  private readonly tls?: TlsToUpstream;
  private readonly handling: Handling;
  private readonly ipv6: boolean;

  constructor(private readonly name: string, options: EgressRouteOptions, proxy: RouteHost) {
    const https = options.scheme === Scheme.HTTPS;
    if (options.tls && !https) {
      throw refuse('tls', 'given', 'it needs \'scheme: Scheme.HTTPS\', or leave it out');
    }
    this.description = options.description === undefined ? undefined : commentLine('description', options.description);
    this.targets = checkTargets(options.targets, https ? 443 : 80);
    this.host = { literal: hostOf(options, this.targets) };
    this.handling = checkProxyOptions(options, TIMEOUTS);
    this.servicePort = port('port', options.port ?? 80);
    this.tls = https ? upstreamTls(options.tls ?? UpstreamTls.verified(), this.host, proxy._trust) : undefined;
    const { connect, send, read } = this.handling.timeouts;
    this.longestWait = Math.max(connect, send, read);
    // not the construct's path: a construct that is moved must not change the text, and with it the pods
    this.owner = `${proxy._name}/${name}`;
    this.ipv6 = proxy._ipv6;
    this.containerPort = proxy._ports.allocate(name);
    this.portName = portName(name);
  }

  /** The listener with the one server that is on it. */
  public toListener(): Listener {
    const upstream = {
      name: this.name,
      members: this.targets.map(({ host, port: number }) => ({ host, port: number })),
      tls: this.tls,
      keepaliveTimeout: KEEPALIVE,
      keepaliveConnections: CONNECTIONS,
    };
    const server: Server = {
      owner: this.owner,
      description: this.description,
      names: [this.name],
      isDefault: true,
      responseHeaders: [],
      unchecked: [],
      answer: {
        kind: 'proxy',
        locations: [{
          path: '/',
          upstream,
          host: this.host,
          forwarded: ForwardedHeaders.REMOVE,
          timeouts: this.handling.timeouts,
          retry: retryOf(this.handling, upstream.members.length),
          maxBodySize: this.handling.maxBodySize,
          requestBuffering: this.handling.requestBuffering,
          headers: new Map(),
          unchecked: [],
        }],
      },
    };
    return { port: this.containerPort, ipv6: this.ipv6, tls: false, http2: false, proxyProtocol: false, servers: [server] };
  }
}

function checkTargets(targets: string[], defaultPort: number): Address[] {
  if (!Array.isArray(targets) || targets.length === 0) {
    throw refuse('targets', targets, 'at least one target is needed');
  }
  const seen = new Map<string, number>();
  return targets.map((each, i) => {
    const address = target(`targets[${i}]`, each, defaultPort);
    if (address.isName) {
      throw refuse(`targets[${i}]`, each, 'an address is needed: nginx would look the name up once, at its start, and not start at all without an answer');
    }
    const key = socketAddress(address.host, address.port);
    const twin = seen.get(key);
    if (twin !== undefined) {
      throw refuse(`targets[${i}]`, each, `targets[${twin}] is the same, and a target that is there twice doubles the time that a dead one costs`);
    }
    seen.set(key, i);
    return address;
  });
}

/** The Host that is sent: what was given, or the address of the one target, with a port that is not the scheme's own. */
function hostOf({ host, scheme }: EgressRouteOptions, targets: Address[]): string {
  if (host !== undefined) {
    return domainName('host', host);
  }
  const [only] = targets;
  if (targets.length > 1) {
    throw refuse('host', host, 'with several targets it must say which name they answer to');
  }
  if (scheme === Scheme.HTTPS) {
    throw refuse('host', host, 'with https it must say which name the certificate carries: nginx does not verify addresses');
  }
  const address = socketAddress(only.host, only.port);
  return only.port === 80 ? address.slice(0, -':80'.length) : address;
}
