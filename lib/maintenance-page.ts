import { Duration } from 'cdk8s';

/**
 * A page that users see instead of the application, with status 503.
 */
export interface MaintenancePage {
  /**
   * Addresses and ranges that still get through, such as those of the people who do the work; only those that `allowFrom`
   * lets in anyway.
   *
   * @default - nobody
   */
  readonly bypass?: string[];

  /**
   * When clients shall ask again: the header Retry-After, in whole seconds.
   *
   * @default Duration.minutes(10)
   */
  readonly retryAfter?: Duration;

  /**
   * The page, in HTML of at most 4,000 bytes.
   *
   * @default - a plain page
   */
  readonly html?: string;
}
