import { refuse } from '../refuse';
import { Listener, Server, Upstream } from '../proxy/model';

/** What an entry asks of the socket that it shares with others. */
export interface ListenerOptions {
  readonly tls: boolean;
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
  private readonly upstreamsByName = new Map<string, { upstream: Upstream; owner: string }>();
  private readonly logFiles = new Map<string, { kind: string; owner: string }>();
  /** Who serves a name on a port, and who all other names. */
  private readonly owners = new Map<string, string>();
  /** Names that port 80 must send to https since an entry says so, with that entry's path. */
  private readonly redirected = new Map<string, string>();

  constructor(private readonly ipv6: boolean, private readonly http2: boolean) {}

  /** The upstreams in the order in which they were added. */
  public get upstreams(): Upstream[] {
    return [...this.upstreamsByName.values()].map(({ upstream }) => upstream);
  }

  /** The listener of a port; made when the first entry asks for it. */
  public listen(port: number, options: ListenerOptions, owner: string): Listener {
    const listener = this.listeners.get(port) ?? this.createListener(port, options.tls);
    if (listener.tls !== options.tls) {
      const other = listener.servers[0].owner;
      throw refuse('port', port, `"${owner}" ${options.tls ? 'has' : 'has no'} 'tls' and "${other}" ${listener.tls ? 'has' : 'has none'}, and a port has either: give one of them another port`);
    }
    return listener;
  }

  /** Adds a server; its names and its being the default must be free on its listener. */
  public addServer(placed: PlacedServer): void {
    const { listener, server, redirectHttp } = placed;
    this.checkNames(placed);
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

  /** Adds an upstream; its name must be free. */
  public addUpstream(upstream: Upstream, owner: string): void {
    const other = this.upstreamsByName.get(upstream.name);
    if (other) {
      throw refuse('name', upstream.name, `"${other.owner}" has that name already: give one of them another 'name'`);
    }
    this.upstreamsByName.set(upstream.name, { upstream, owner });
  }

  /** Takes a log file for a kind of entries; one file does not hold two kinds. */
  public claimLogFile(path: string, kind: string, owner: string): void {
    const other = this.logFiles.get(path);
    if (other && other.kind !== kind) {
      throw refuse('name', owner, `"${other.owner}" logs to ${path} already: give one of them another 'name'`);
    }
    this.logFiles.set(path, { kind, owner });
  }

  /** All servers as they were added, each followed by the one that sends its names from port 80 to https. */
  public get placedServers(): PlacedServer[] {
    const http = this.listeners.get(HTTP) ?? this.createListener(HTTP, false);
    return this.servers.flatMap((placed) => [placed, ...this.redirectFor(placed, http)]);
  }

  private createListener(port: number, tls: boolean): Listener {
    return { port, ipv6: this.ipv6, tls, http2: tls && this.http2, servers: [] };
  }

  private checkNames({ listener, server, redirectHttp }: PlacedServer): void {
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

  private redirectFor({ file, listener, server, redirectHttp }: PlacedServer, http: Listener): PlacedServer[] {
    if (!listener.tls || !(redirectHttp ?? listener.port === HTTPS)) {
      return [];
    }
    const free = (name: string) => !this.owners.has(ownerKey(HTTP, name)) && (this.redirected.get(name) ?? server.owner) === server.owner;
    const names = server.names.filter(free);
    const redirect: Server = { owner: server.owner, names, isDefault: false, accessLog: server.accessLog, answer: { kind: 'redirect', port: listener.port } };
    return names.length > 0 ? [{ file, listener: http, server: redirect }] : [];
  }
}

function ownerKey(port: number, name = ''): string {
  return `${port} ${name}`;
}
