/**
 * Protocols and ciphers towards clients, after Mozilla's "Server Side TLS" recommendations.
 *
 * @see https://wiki.mozilla.org/Security/Server_Side_TLS
 */
export enum TlsPolicy {
  /**
   * TLS 1.3 only: clients of 2019 and newer.
   */
  MODERN = 'modern',

  /**
   * TLS 1.2 and 1.3, with forward secrecy and AEAD ciphers: nearly all clients.
   */
  INTERMEDIATE = 'intermediate',
}
