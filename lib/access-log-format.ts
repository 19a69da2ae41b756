/**
 * How the balancer logs requests.
 */
export enum AccessLogFormat {
  /**
   * One readable line.
   */
  TEXT = 'text',

  /**
   * One JSON object a line.
   */
  JSON = 'json',
}
