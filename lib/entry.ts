import { isIPv4 } from 'net';
import { Construct } from 'constructs';
import { Backend } from './backend';
import { IngressBalancer } from './ingress-balancer';
import { LOG_DIRECTORY } from './private/balancer/render';
import { upstreamOf } from './private/balancer/upstream';
import { commentLine, identifier, port, serverName } from './private/nginx/grammar';
import { ForwardedHeaders, HostHeader, Location, Server } from './private/proxy/model';
import { checkProxyOptions, retryOf } from './private/proxy/options';
import { refuse } from './private/refuse';
import { ProxyOptions } from './proxy-options';
import { ServerTls } from './server-tls';

/**
 * What both kinds of entry have.
 */
export interface EntryProps extends ProxyOptions {
  /**
   * The balancer that serves the entry.
   */
  readonly balancer: IngressBalancer;

  /**
   * The names that users type: DNS names, or IPv4 addresses. They become `server_name`.
   *
   * @default - required unless `defaultServer`
   */
  readonly domains?: string[];

  /**
   * Port on the load balancer.
   *
   * @default - 80, or 443 with `tls`
   */
  readonly port?: number;

  /**
   * TLS towards clients.
   *
   * @default - plain http
   */
  readonly tls?: ServerTls;

  /**
   * Where the requests go.
   *
   * @default Backend.ingress()
   */
  readonly backend?: Backend;

  /**
   * Whether the entry also answers unknown names and access by the bare address on its port, which one entry of a port can.
   *
   * @default false
   */
  readonly defaultServer?: boolean;

  /**
   * Name of the upstream, and of a management entry's log file; unique among the entries of a balancer.
   *
   * @default - the construct's id
   */
  readonly name?: string;

  /**
   * What the entry is for; it becomes a comment in the configuration.
   *
   * @default - no comment
   */
  readonly description?: string;
}

/**
 * What an entry is to the balancer, which its kind decides.
 */
interface EntryKind {
  /** Its file below conf.d. */
  readonly file: string;
  /** Its log file, without the ending that all have. */
  readonly log: string;
  readonly kind: string;
  /** The Host that is sent to the ingress nodes. */
  readonly internalHost: HostHeader | undefined;
}

const TIMEOUTS = { connect: 3_000, send: 60_000, read: 60_000 };
/**
 * An entry of the balancer: names, a port, and where the requests go.
 */
export abstract class Entry extends Construct {
  /**
   * The balancer that serves the entry.
   */
  public readonly balancer: IngressBalancer;

  /**
   * @param scope the construct that the entry belongs to
   * @param id its id
   * @param props what it serves
   */
  protected constructor(scope: Construct, id: string, props: EntryProps) {
    super(scope, id);
    this.balancer = props.balancer;
  }

  /**
   * Has the balancer serve the entry; the last step of each kind's constructor.
   *
   * @internal
   */
  protected _serve(props: EntryProps, kind: EntryKind): void {
    const owner = this.node.path;
    const site = this.balancer._site;
    const tls = props.tls;
    const names = checkDomains(props);
    const location = this.locate(props, kind.internalHost);
    const listener = site.listen(port('port', props.port ?? (tls ? 443 : 80)), { tls: tls !== undefined }, owner);
    const accessLog = `${LOG_DIRECTORY}/${kind.log}_access.log`;
    const server: Server = {
      owner,
      description: props.description === undefined ? undefined : commentLine('description', props.description),
      names,
      isDefault: props.defaultServer ?? false,
      certificate: tls?._files,
      hsts: tls?._hsts,
      accessLog,
      answer: { kind: 'proxy', locations: [location] },
    };
    site.addUpstream(location.upstream, owner);
    site.claimLogFile(accessLog, kind.kind, owner);
    site.addServer({ file: kind.file, listener, server, redirectHttp: tls?._redirectHttp });
  }

  /** The location of all requests. */
  private locate(props: EntryProps, internalHost: HostHeader | undefined): Location {
    const handling = checkProxyOptions(props, TIMEOUTS);
    const backend = props.backend ?? Backend.ingress();
    const host = hostOf(backend, props, internalHost);
    const upstream = upstreamOf(backend, identifier('name', props.name ?? this.node.id), host, this.balancer._ingressMembers);
    return {
      path: '/',
      upstream,
      host,
      forwarded: ForwardedHeaders.OVERWRITE,
      timeouts: handling.timeouts,
      retry: retryOf(handling, upstream.members.length),
      maxBodySize: handling.maxBodySize,
      requestBuffering: handling.requestBuffering,
      headers: new Map(),
    };
  }
}

function checkDomains({ domains = [], defaultServer, tls }: EntryProps): string[] {
  const names = domains.map((domain, i) => serverName(`domains[${i}]`, domain));
  if (names.length === 0 && !defaultServer) {
    throw refuse('domains', domains, 'at least one name is needed, or \'defaultServer: true\' for all names that no other entry has');
  }
  names.forEach((name, i) => {
    if (names.indexOf(name) < i) {
      throw refuse(`domains[${i}]`, name, `domains[${names.indexOf(name)}] is the same`);
    }
    if (tls && !defaultServer && isIPv4(name)) {
      throw refuse(`domains[${i}]`, name, 'with TLS a client that asks for an address sends no name: make the entry the \'defaultServer\' of its port');
    }
  });
  return names;
}

/** The Host belongs to the backend; what the entry says is its default. */
function hostOf(backend: Backend, { defaultServer }: EntryProps, internalHost: HostHeader | undefined): HostHeader {
  const host = backend._host === undefined ? (backend._machines ? undefined : internalHost) : { literal: backend._host };
  if (host === undefined && defaultServer) {
    const factory = backend._machines ? 'Backend.machines(…, { host })' : 'Backend.ingress({ host })';
    throw refuse('defaultServer', true, `unknown names must not reach the backend as Host: say which to send with '${factory}'`);
  }
  return host ?? 'asked';
}
