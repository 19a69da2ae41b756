import { MAIN_FILE, REMOVED_HEADERS_FILE, renderEgress } from './render';
import { RouteDefinition } from './route';
import { Texts } from '../kubernetes/hashed-config-map';
import { NginxVersion } from '../nginx/version';

/** What does not depend on the routes. */
export interface ConfigurationSettings {
  /** Name of the proxy. */
  readonly owner: string;
  readonly version: NginxVersion;
  readonly workerProcesses: number;
  readonly ipv6: boolean;
  readonly resolvers: string[];
}

/** Plain `kubectl apply` keeps an object in an annotation of 256 KiB, so routes are spread over several ConfigMaps. */
const ROUTES_PER_SHARD = 100;
/** Milliseconds that a request may take at the least while a pod ends, and that the slowest may take at the most. */
const SHORTEST_SHUTDOWN = 60_000;
const LONGEST_SHUTDOWN = 600_000;

/** The nginx configuration of one proxy, in files of at most 100 routes in the order of their creation. */
export class EgressConfiguration {
  private readonly shards: RouteDefinition[][] = [];
  private rendered?: Map<string, string>;

  constructor(private readonly settings: ConfigurationSettings) {}

  /** Adds a route, and tells in which shard it is and whether that is a new one. */
  public add(route: RouteDefinition): { shard: number; isNew: boolean } {
    this.changed();
    const last = this.shards[this.shards.length - 1];
    if (last && last.length < ROUTES_PER_SHARD) {
      last.push(route);
      return { shard: this.shards.length, isNew: false };
    }
    this.shards.push([route]);
    return { shard: this.shards.length, isNew: true };
  }

  /** Says that a route is not what it was. */
  public changed(): void {
    this.rendered = undefined;
  }

  /** All routes. */
  public get routes(): RouteDefinition[] {
    return this.shards.flat();
  }

  /** How long running requests have when a pod ends, in milliseconds. */
  public get shutdownTimeout(): number {
    const longest = this.routes.reduce((most, route) => Math.max(most, route.longestWait), SHORTEST_SHUTDOWN);
    return Math.min(LONGEST_SHUTDOWN, Math.ceil(longest / 1000) * 1000);
  }

  /** nginx.conf, and what all routes include. */
  public get main(): Texts {
    return { ...this.file(MAIN_FILE), ...this.file(REMOVED_HEADERS_FILE) };
  }

  /** A file of routes, by its number from 1. */
  public shard(number: number): Texts {
    return this.file(shardFile(number));
  }

  private file(name: string): Texts {
    // rendering is linear in all routes, and each ConfigMap asks for its text several times
    this.rendered ??= renderEgress({
      ...this.settings,
      shutdownTimeout: this.shutdownTimeout,
      routes: new Map(this.shards.map((routes, i) => [shardFile(i + 1), routes])),
    });
    return { [name]: this.rendered.get(name) ?? '' };
  }
}

function shardFile(number: number): string {
  return `routes-${number}.conf`;
}
