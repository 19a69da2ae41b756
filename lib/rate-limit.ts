import { integer } from './private/nginx/grammar';

/**
 * Options of a rate.
 */
export interface RateLimitOptions {
  /**
   * Requests above the rate that are let through at once; it becomes `burst` of `limit_req`, with `nodelay`.
   *
   * @default 0
   */
  readonly burst?: number;
}

/**
 * How many requests are let through; what is above is answered with 429.
 *
 * The requests of a rate are spread evenly: of 10 per second one passes each 100 ms, and more at once need a `burst`.
 */
export class RateLimit {
  /**
   * A rate per second; it becomes `rate` of `limit_req_zone`.
   *
   * @param requests whole number of requests
   * @param options what is let through above it
   */
  public static perSecond(requests: number, options: RateLimitOptions = {}): RateLimit {
    return new RateLimit(integer('requests', requests, 1, 1_000_000) * 60, options);
  }

  /**
   * A rate per minute; it becomes `rate` of `limit_req_zone`.
   *
   * @param requests whole number of requests
   * @param options what is let through above it
   */
  public static perMinute(requests: number, options: RateLimitOptions = {}): RateLimit {
    return new RateLimit(integer('requests', requests, 1, 1_000_000), options);
  }

  /** @internal */
  public readonly _perMinute: number;
  /** @internal */
  public readonly _burst: number;

  private constructor(perMinute: number, options: RateLimitOptions) {
    this._perMinute = perMinute;
    this._burst = integer('burst', options.burst ?? 0, 0, 1_000_000);
  }
}
