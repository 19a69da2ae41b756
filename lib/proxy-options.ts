import { Duration, Size } from 'cdk8s';

/**
 * Which requests are repeated on another target when one does not answer.
 */
export enum RetryPolicy {
  /**
   * None; a target that fails costs the request.
   *
   * That includes a connection which was kept open and which the target closed at that very moment.
   */
  NEVER = 'never',

  /**
   * Those of idempotent methods (GET, PUT, DELETE, …), when the connection fails or a timeout passes.
   */
  IDEMPOTENT = 'idempotent',

  /**
   * Those of all methods: a POST may then be executed twice.
   */
  ALL = 'all',
}

/**
 * What both gates can do with one upstream request.
 */
export interface ProxyOptions {
  /**
   * How long a connection to a target may take to be made; it becomes `proxy_connect_timeout`.
   *
   * @default - routes: Duration.seconds(10); entries: Duration.seconds(3)
   */
  readonly connectTimeout?: Duration;

  /**
   * How long a target may take to accept the next part of a request; it becomes `proxy_send_timeout`.
   *
   * @default - routes: Duration.seconds(10); entries: Duration.seconds(60)
   */
  readonly sendTimeout?: Duration;

  /**
   * How long a target may take to send the next part of its response, which also ends an idle WebSocket; it becomes
   * `proxy_read_timeout`.
   *
   * @default - routes: Duration.seconds(10); entries: Duration.seconds(60)
   */
  readonly readTimeout?: Duration;

  /**
   * The largest body of a request; a larger one is answered with 413. It becomes `client_max_body_size`.
   *
   * @default Size.mebibytes(16)
   */
  readonly maxBodySize?: Size;

  /**
   * Whether a request is read whole before the target sees it; it becomes `proxy_request_buffering`.
   *
   * Without it large uploads go through at once and need no disk, and are not repeated on another target.
   *
   * @default true
   */
  readonly requestBuffering?: boolean;

  /**
   * Which requests are repeated on another target; it becomes `proxy_next_upstream`.
   *
   * @default RetryPolicy.IDEMPOTENT
   */
  readonly retry?: RetryPolicy;
}
