import { RateLimit } from '../../rate-limit';
import { Scaling } from '../../scaling';
import { integer, rate } from '../nginx/grammar';
import { refuse } from '../refuse';

/** How many pods a proxy has. */
export interface Pods {
  /** `undefined` where an autoscaler decides. */
  readonly replicas?: number;
  /** The most that run at a time. */
  readonly most: number;
  readonly auto?: { readonly min: number; readonly max: number; readonly cpuUtilization: number };
}

/** The pods on a pool of so many nodes. */
export function podsOf(scaling: Scaling, nodes: number, maintenance: boolean): Pods {
  const { _auto: auto, _replicas: replicas = nodes } = scaling;
  const most = auto?.max ?? replicas;
  if (most > nodes) {
    throw refuse('scaling', most, `the pool has ${nodes} node${nodes === 1 ? '' : 's'}, and two pods never run on one node: at most ${nodes}`);
  }
  if (maintenance) {
    return { replicas: 0, most };
  }
  return auto ? { most, auto } : { replicas, most };
}

/** The part of a route's rate that each pod may use: nginx counts by itself, and the partner counts all of them. */
export function ratePerPod({ _perMinute, _burst }: RateLimit, pods: number): { rate: string; burst: number } {
  const perMinute = Math.floor(_perMinute / pods);
  if (perMinute < 1) {
    throw refuse('rateLimit', `${_perMinute} per minute`, `it is for all ${pods} pods together, and each needs at least 1 per minute`);
  }
  return { rate: rate(perMinute), burst: Math.floor(_burst / pods) };
}

/** The part of a route's connections that each pod may have. */
export function connectionsPerPod(maxConnections: number, pods: number): number {
  const each = Math.floor(integer('maxConnections', maxConnections, 1, 1_000_000) / pods);
  if (each < 1) {
    throw refuse('maxConnections', maxConnections, `it is for all ${pods} pods together, and each needs at least 1`);
  }
  return Math.min(each, 65_535);
}
