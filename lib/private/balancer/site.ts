import { Listener, Server, Upstream } from '../proxy/model';
import { StreamServer } from '../proxy/stream-model';
import { refuse } from '../refuse';

/** What all sockets of a balancer have in common. */
export interface SocketSettings {
  readonly ipv6: boolean;
  readonly http2: boolean;
  readonly proxyProtocol: boolean;
}

/** A server with the file that it is written to. */
export interface PlacedServer {
  readonly file: string;
  readonly listener: Listener;
  readonly server: Server;
  /** Whether port 80 sends its names here; by default it does on port 443, unless another entry serves the name there. */
  readonly redirectHttp?: boolean;
}

const HTTP = 80;
const HTTPS = 443;

/**
 * All that one balancer serves. Entries add to it, and what contradicts something that is there already is refused at
 * the call, with both paths.
 */
export class BalancerSite {
  private readonly listeners = new Map<number, Listener>();
  private readonly servers: PlacedServer[] = [];
  /** Ports whose bytes are passed on. */
  public readonly streams: StreamServer[] = [];
  private readonly upstreamsByName = new Map<string, { upstream: Upstream; owner: string }>();
  private readonly logFiles = new Map<string, { kind: string; owner: string }>();
  /** Who serves a name on a port, and who all other names. */
  private readonly owners = new Map<string, string>();
  /** Names that port 80 must send to https since an entry says so, with that entry's path. */
  private readonly redirected = new Map<string, string>();

  constructor(public readonly sockets: SocketSettings) {}

  /** The upstreams in the order in which they were added. */
  public get upstreams(): Upstream[] {
    return [...this.upstreamsByName.values()].map(({ upstream }) => upstream);
  }

  /** The listener of a port; made when the first entry asks for it. */
  public listen(port: number, tls: boolean, owner: string): Listener {
    const listener = this.listeners.get(port) ?? this.createListener(port, tls);
    const stream = this.tcpStream(port);
    if (stream) {
      throw refuse('port', port, `"${stream.owner}" passes all bytes of it on: give one of them another port`);
    }
    if (listener.tls !== tls) {
      const other = listener.servers[0].owner;
      throw refuse('port', port, `"${owner}" ${tls ? 'has' : 'has no'} 'tls' and "${other}" ${listener.tls ? 'has' : 'has none'}, and a port has either: give one of them another port`);
    }
    return listener;
  }

  /** Adds an entry: its server, and the upstream and the log file that only it has. Nothing is added when one is taken. */
  public addEntry(placed: PlacedServer, upstream: Upstream, logKind: string): void {
    this.checkNames(placed);
    this.checkUpstream(upstream);
    this.checkLogFile(placed.server, logKind);
    this.upstreamsByName.set(upstream.name, { upstream, owner: placed.server.owner });
    this.take(placed);
  }

  /** Adds a server; its names and its being the default must be free on its listener. */
  public addServer(placed: PlacedServer): void {
    this.checkNames(placed);
    this.take(placed);
  }

  /** Adds an upstream; its name must be free. */
  public addUpstream(upstream: Upstream, owner: string): void {
    this.checkUpstream(upstream);
    this.upstreamsByName.set(upstream.name, { upstream, owner });
  }

  /** Whether an upstream of that name is there. */
  public hasUpstream(name: string): boolean {
    return this.upstreamsByName.has(name);
  }

  /** Adds a port whose bytes are passed on; nobody else may listen on it. */
  public addStream(server: StreamServer): void {
    const stream = this.streams.find(({ port, udp }) => port === server.port && udp === server.udp);
    const http = server.udp ? undefined : this.listeners.get(server.port)?.servers[0];
    const other = stream?.owner ?? http?.owner;
    if (other !== undefined) {
      throw refuse('port', server.port, `"${other}" listens on it already: give one of them another port`);
    }
    const [redirecting] = this.redirected.values();
    if (server.port === HTTP && !server.udp && redirecting !== undefined) {
      throw refuse('port', server.port, `"${redirecting}" sends its names from port 80 to https ('redirectHttp'): leave that out, or take another port`);
    }
    this.streams.push(server);
  }

  /** All servers as they were added, each followed by the one that sends its names from port 80 to https. */
  public get placedServers(): PlacedServer[] {
    const http = this.listeners.get(HTTP) ?? this.createListener(HTTP, false);
    // what else port 80 may be used for leaves no place for redirects
    const canRedirect = !http.tls && !this.tcpStream(HTTP);
    return this.servers.flatMap((placed) => [placed, ...(canRedirect ? this.redirectFor(placed, http) : [])]);
  }

  /** Takes what was found to be free. */
  private take(placed: PlacedServer): void {
    const { listener, server, redirectHttp } = placed;
    this.listeners.set(listener.port, listener);
    server.names.forEach((name) => this.owners.set(ownerKey(listener.port, name), server.owner));
    if (server.isDefault) {
      this.owners.set(ownerKey(listener.port), server.owner);
    }
    if (redirectHttp) {
      server.names.forEach((name) => this.redirected.set(name, server.owner));
    }
    listener.servers.push(server);
    this.servers.push(placed);
  }

  private createListener(port: number, tls: boolean): Listener {
    return { ...this.sockets, port, tls, http2: tls && this.sockets.http2, servers: [] };
  }

  private tcpStream(port: number): StreamServer | undefined {
    return this.streams.find((server) => server.port === port && !server.udp);
  }

  private checkUpstream({ name }: Upstream): void {
    const other = this.upstreamsByName.get(name);
    if (other) {
      throw refuse('name', name, `"${other.owner}" has that name already: give one of them another 'name'`);
    }
  }

  /** One file holds the requests of one environment and application, or of one management entry. */
  private checkLogFile({ accessLog = '', owner }: Server, kind: string): void {
    const other = this.logFiles.get(accessLog);
    if (other && other.kind !== kind) {
      throw refuse('name', owner, `"${other.owner}" logs to ${accessLog} already: give the management entry another 'name', or the environment's entry an 'application'`);
    }
    this.logFiles.set(accessLog, { kind, owner });
  }

  private checkNames({ listener, server, redirectHttp }: PlacedServer): void {
    this.checkPort80(listener, redirectHttp);
    const defaultOwner = this.owners.get(ownerKey(listener.port));
    if (server.isDefault && defaultOwner !== undefined) {
      throw refuse('defaultServer', true, `"${defaultOwner}" is the default server of port ${listener.port} already, and a port has one`);
    }
    for (const name of server.names) {
      const owner = this.owners.get(ownerKey(listener.port, name));
      if (owner !== undefined) {
        throw refuse('domains', name, `"${owner}" serves it on port ${listener.port} already: a domain and port belong to one entry`);
      }
      const redirecting = this.redirected.get(name);
      if (redirecting !== undefined && (listener.port === HTTP || redirectHttp)) {
        throw refuse('domains', name, `"${redirecting}" sends it from port 80 to https ('redirectHttp'): leave that out, or this entry`);
      }
      const serving = this.owners.get(ownerKey(HTTP, name));
      if (redirectHttp && serving !== undefined) {
        throw refuse('redirectHttp', true, `"${serving}" serves ${name} on port 80: leave 'redirectHttp' out, or that entry`);
      }
    }
  }

  /** Redirects need port 80 without TLS. */
  private checkPort80(listener: Listener, redirectHttp: boolean | undefined): void {
    const stream = this.tcpStream(HTTP);
    if (redirectHttp && stream) {
      throw refuse('redirectHttp', true, `"${stream.owner}" passes all bytes of port 80 on: leave 'redirectHttp' out, or give that entry another port`);
    }
    const tls = listener.port === HTTP && listener.tls ? listener : this.listeners.get(HTTP);
    if (redirectHttp && tls?.tls) {
      throw refuse('redirectHttp', true, 'port 80 speaks TLS: leave \'redirectHttp\' out, or give what has \'port: 80\' and \'tls\' another port');
    }
    const [redirecting] = this.redirected.values();
    if (listener.port === HTTP && listener.tls && redirecting !== undefined) {
      throw refuse('port', HTTP, `"${redirecting}" sends its names from port 80 to https ('redirectHttp'): leave that out, or take another port for TLS`);
    }
  }

  private redirectFor({ file, listener, server, redirectHttp }: PlacedServer, http: Listener): PlacedServer[] {
    if (!listener.tls || !(redirectHttp ?? listener.port === HTTPS)) {
      return [];
    }
    const free = (name: string) => !this.owners.has(ownerKey(HTTP, name)) && (this.redirected.get(name) ?? server.owner) === server.owner;
    const names = server.names.filter(free);
    const redirect: Server = {
      owner: server.owner,
      names,
      isDefault: false,
      accessLog: server.accessLog,
      responseHeaders: [],
      answer: { kind: 'redirect', status: 308, target: { httpsPort: listener.port }, keepPath: true },
      unchecked: [],
    };
    return names.length > 0 ? [{ file, listener: http, server: redirect }] : [];
  }
}

function ownerKey(port: number, name = ''): string {
  return `${port} ${name}`;
}
