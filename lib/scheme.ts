/**
 * How the other side is spoken to.
 */
export enum Scheme {
  /**
   * Plain http; the default port is 80.
   */
  HTTP = 'http',

  /**
   * http over TLS; the default port is 443.
   */
  HTTPS = 'https',
}
