import { refuse } from '../refuse';

/**
 * What nginx learned after the lowest version that we support, and when. A feature that is not listed is in all of them.
 */
const SINCE = {
  /** `http2 on` as a directive of the server; before, `http2` is a parameter of `listen`. */
  http2Directive: [1, 25, 1],
  /** `server … resolve` in an upstream: a name is looked up again while nginx runs. */
  upstreamResolve: [1, 27, 3],
  /** An idle client connection is kept open for a moment after a reload began. */
  keepaliveMinTimeout: [1, 27, 4],
  /** Connections to upstreams are kept without being asked. */
  keepaliveByDefault: [1, 29, 7],
} as const;

/** Something that not every version has. */
export type Feature = keyof typeof SINCE;

/** A version of nginx; `1.24` is the first release of 1.24. */
export class NginxVersion {
  /** Reads `1.24` or `1.24.0`; anything below `lowest` is refused. */
  public static parse(prop: string, value: string, lowest: string): NginxVersion {
    const match = /^(\d+)\.(\d+)(?:\.(\d+))?$/.exec(value);
    if (!match) {
      throw refuse(prop, value, 'an nginx version is "1.24" or "1.24.0"');
    }
    const version = new NginxVersion(value, [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)]);
    if (!version.atLeast(lowest.split('.').map(Number))) {
      throw refuse(prop, value, `the lowest version that is supported here is ${lowest}`);
    }
    return version;
  }

  /** The first version with a feature, for messages. */
  public static since(feature: Feature): string {
    return SINCE[feature].join('.');
  }

  private constructor(public readonly text: string, private readonly parts: number[]) {}

  /** Whether this version has a feature; a version that is newer than all we know counts as the newest. */
  public has(feature: Feature): boolean {
    return this.atLeast([...SINCE[feature]]);
  }

  private atLeast(other: number[]): boolean {
    const i = this.parts.findIndex((part, at) => part !== (other[at] ?? 0));
    return i < 0 || this.parts[i] > (other[i] ?? 0);
  }
}
