import { integer } from './private/nginx/grammar';
import { refuse } from './private/refuse';

/**
 * Options of automatic scaling.
 */
export interface AutoScalingOptions {
  /**
   * The fewest pods.
   *
   * @default 2
   */
  readonly min?: number;

  /**
   * The most pods; not more than the pool has nodes, since two never run on one node.
   */
  readonly max: number;

  /**
   * The CPU use to aim at, in percent of what the pods request.
   *
   * @default 60
   */
  readonly cpuUtilization?: number;
}

/**
 * How many pods a proxy has.
 */
export class Scaling {
  /**
   * One pod on each node of the pool.
   */
  public static perNode(): Scaling {
    return new Scaling();
  }

  /**
   * A number of pods; not more than the pool has nodes, since two never run on one node.
   *
   * @param replicas whole number from 1
   */
  public static of(replicas: number): Scaling {
    return new Scaling(integer('replicas', replicas, 1, 1000));
  }

  /**
   * As many pods as the CPU use asks for: a HorizontalPodAutoscaler, which needs the metrics server in the cluster.
   *
   * @param options bounds and aim
   */
  public static auto(options: AutoScalingOptions): Scaling {
    const max = integer('max', options.max, 1, 1000);
    const min = integer('min', options.min ?? Math.min(2, max), 1, 1000);
    if (min > max) {
      throw refuse('min', min, `it is above 'max', which is ${max}`);
    }
    return new Scaling(undefined, { min, max, cpuUtilization: integer('cpuUtilization', options.cpuUtilization ?? 60, 1, 1000) });
  }

  /** @internal */
  public readonly _replicas?: number;
  /** @internal */
  public readonly _auto?: Required<AutoScalingOptions>;

  private constructor(replicas?: number, auto?: Required<AutoScalingOptions>) {
    this._replicas = replicas;
    this._auto = auto;
  }
}
