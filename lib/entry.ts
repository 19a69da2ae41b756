import { Construct } from 'constructs';
import { Backend } from './backend';
import { IngressBalancer } from './ingress-balancer';
import { MaintenancePage } from './maintenance-page';
import { allowedAddresses, checkDomains, checkVerifiable, clientRate, responseHeadersOf, withoutUndefined } from './private/balancer/entry-props';
import { checkMaintenance } from './private/balancer/maintenance';
import { LOG_DIRECTORY } from './private/balancer/render';
import { upstreamOf } from './private/balancer/upstream';
import { addRequestHeader, RequestHeaders } from './private/headers';
import { commentLine, headerValue, identifier, integer, locationPath, port } from './private/nginx/grammar';
import { HostHeader, Location, Server, UncheckedText } from './private/proxy/model';
import { checkProxyOptions, handledBy } from './private/proxy/options';
import { refuse } from './private/refuse';
import { uncheckedText } from './private/unchecked';
import { ProxyOptions } from './proxy-options';
import { RateLimit } from './rate-limit';
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
   * @default - required unless `wildcardDomains` or `defaultServer`
   */
  readonly domains?: string[];

  /**
   * Domains whose every sub-domain comes here: `example.com` stands for `*.example.com`, without the domain itself.
   *
   * @default - not any
   */
  readonly wildcardDomains?: string[];

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
   * Addresses and ranges (CIDR) that may ask; all others get 403. They become `allow`.
   *
   * @default - everybody
   */
  readonly allowFrom?: string[];

  /**
   * Requests of each client; what is above is answered with 429. It becomes `limit_req`.
   *
   * @default - unlimited
   */
  readonly rateLimit?: RateLimit;

  /**
   * Requests of each client at a time, WebSockets included; what is above is answered with 429. It becomes `limit_conn`.
   *
   * @default - unlimited
   */
  readonly maxConnections?: number;

  /**
   * A page with status 503 instead of the application.
   *
   * @default - in service
   */
  readonly maintenancePage?: MaintenancePage;

  /**
   * Headers of all responses, also of errors; those of the same name that the application sends are dropped. They become
   * `add_header`.
   *
   * @default - not any
   */
  readonly responseHeaders?: { [name: string]: string };

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
 * A path of an entry with a backend or limits of its own.
 *
 * Options that are not given are those of the entry.
 */
export interface PathOptions extends ProxyOptions {
  /**
   * Where the requests of the path go.
   */
  readonly backend: Backend;

  /**
   * Addresses and ranges (CIDR) that may ask.
   *
   * @default - those of the entry
   */
  readonly allowFrom?: string[];

  /**
   * Requests of each client.
   *
   * @default - that of the entry
   */
  readonly rateLimit?: RateLimit;
}

/**
 * What an entry is to the balancer, which its kind decides.
 */
interface EntryKind {
  /** Its file below conf.d. */
  readonly file: string;
  /** Its log file, without the ending that all have. */
  readonly log: string;
  /** Entries of one kind may share a log file. */
  readonly logKind: string;
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

  private readonly name: string;
  private readonly props: EntryProps;
  private readonly locations: Location[] = [];
  private readonly headers: RequestHeaders = new Map();
  private readonly unchecked: UncheckedText[] = [];
  /** The Host of the ingress nodes. */
  private defaultHost?: HostHeader;

  /**
   * @param scope the construct that the entry belongs to
   * @param id its id
   * @param props what it serves
   */
  protected constructor(scope: Construct, id: string, props: EntryProps) {
    super(scope, id);
    this.balancer = props.balancer;
    this.props = props;
    this.name = identifier('name', props.name ?? id);
  }

  /**
   * Gives a path a backend or limits of its own: `/a` is `/a` and everything below it, and never `/ab` or `/A`. Of several paths
   * the longest one decides.
   *
   * @param path the path, without a slash at the end
   * @param options where its requests go, and how
   */
  public addPath(path: string, options: PathOptions): void {
    locationPath('path', path);
    if (path === '/') {
      throw refuse('path', path, 'that is the entry itself: its backend and limits are props of the entry');
    }
    if (this.locations.some((location) => location.path === path)) {
      throw refuse('path', path, `"${this.node.path}" has that path already`);
    }
    const name = this.upstreamName(path);
    const location = this.locate(path, { ...this.props, ...withoutUndefined(options) }, name, options.rateLimit && `${name}_rate`);
    this.balancer._site.addUpstream(location.upstream, this.node.path);
    this.locations.push(location);
  }

  /**
   * Sets a header of the requests that go to the backends, on all paths.
   *
   * @param name name of the header; each once
   * @param value its value; `$` is text
   */
  public setHeader(name: string, value: string): void {
    addRequestHeader(this.headers, { name, value: headerValue('value', value) });
  }

  /**
   * Removes a header of the requests that go to the backends, on all paths.
   *
   * @param name name of the header; each once
   */
  public removeHeader(name: string): void {
    addRequestHeader(this.headers, { name });
  }

  /**
   * Adds text to the end of the entry's `server` block, for what no prop says. Nobody checks it but for its braces, quotes
   * and semicolons; it is marked in the configuration, with the reason.
   *
   * @param text directives of nginx
   * @param reason why they are needed
   */
  public addUncheckedDirectives(text: string, reason: string): void {
    this.unchecked.push(uncheckedText(text, reason));
  }

  /**
   * Has the balancer serve the entry; the last step of each kind's constructor.
   *
   * @internal
   */
  protected _serve(kind: EntryKind): void {
    const { props, locations, unchecked } = this;
    const { tls } = props;
    const owner = this.node.path;
    this.defaultHost = kind.internalHost;
    const location = this.locate('/', props, this.name);
    locations.push(location);
    const server: Server = {
      owner,
      description: props.description === undefined ? undefined : commentLine('description', props.description),
      names: checkDomains(props),
      isDefault: props.defaultServer ?? false,
      certificate: tls?._files,
      clientCa: tls?._clientCa,
      responseHeaders: responseHeadersOf(props),
      accessLog: `${LOG_DIRECTORY}/${kind.log}_access.log`,
      answer: { kind: 'proxy', locations, maintenance: props.maintenancePage && checkMaintenance(this.name, props.maintenancePage) },
      unchecked,
    };
    const listener = this.balancer._site.listen(port('port', props.port ?? (tls ? 443 : 80)), tls !== undefined, owner);
    this.balancer._site.addEntry({ file: kind.file, listener, server, redirectHttp: tls?._redirectHttp }, location.upstream, kind.logKind);
  }

  /** The location of a path; a rate of its own is kept in a zone of its own. */
  private locate(path: string, options: LocationOptions, upstreamName: string, rateZone = `${this.name}_rate`): Location {
    const handling = checkProxyOptions(options, TIMEOUTS);
    const backend = options.backend ?? Backend.ingress();
    const host = hostOf(backend, this.props, this.defaultHost);
    const upstream = upstreamOf(backend, upstreamName, host, this.balancer._ingressMembers);
    checkVerifiable(this.props, upstream);
    return {
      path,
      upstream,
      host,
      forwarded: this.balancer._forwardedHeaders,
      ...handledBy(handling, upstream.members.length),
      headers: this.headers,
      allow: allowedAddresses(options),
      requestLimit: options.rateLimit && { zone: rateZone, key: 'client', ...clientRate(options.rateLimit) },
      connectionLimit: options.maxConnections === undefined ? undefined : {
        zone: `${this.name}_connections`, key: 'client', connections: integer('maxConnections', options.maxConnections, 1, 65_535),
      },
      unchecked: [],
    };
  }

  /**
   * A name for the upstream of a path that no other has: nginx does not tell cases apart, and zones of all kinds share one
   * space of names, in which those of limits and of streams have an underscore.
   */
  private upstreamName(path: string): string {
    const part = path.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
    const name = `${this.name}.${part || 'path'}`;
    const taken = (candidate: string) => this.balancer._site.hasUpstream(candidate);
    let candidate = name;
    for (let i = 2; taken(candidate); i++) {
      candidate = `${name}-${i}`;
    }
    return candidate;
  }
}

/** What a location needs of an entry's props or a path's options. */
type LocationOptions = ProxyOptions & Pick<EntryProps, 'backend' | 'allowFrom' | 'rateLimit' | 'maxConnections' | 'maintenancePage'>;

/** The Host belongs to the backend; what the entry says is its default. */
function hostOf(backend: Backend, { defaultServer }: EntryProps, internalHost: HostHeader | undefined): HostHeader {
  const host = backend._host === undefined ? (backend._machines ? undefined : internalHost) : { literal: backend._host };
  if (host === undefined && defaultServer) {
    const factory = backend._machines ? 'Backend.machines(…, { host })' : 'Backend.ingress({ host })';
    throw refuse('defaultServer', true, `unknown names must not reach the backend as Host: say which to send with '${factory}'`);
  }
  return host ?? 'asked';
}
