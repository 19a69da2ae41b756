import { CaBundle } from './ca-bundle';
import { ClientCertificate } from './client-certificate';
import { commentLine, domainName } from './private/nginx/grammar';

/**
 * Options of TLS towards an upstream that is verified.
 */
export interface UpstreamTlsOptions {
  /**
   * Who is trusted; it becomes `proxy_ssl_trusted_certificate`.
   *
   * @default CaBundle.system()
   */
  readonly ca?: CaBundle;

  /**
   * The name that is asked for (SNI) and that the certificate must carry; it becomes `proxy_ssl_name`.
   *
   * nginx verifies names only, not addresses.
   *
   * @default - the `host` of the route or backend
   */
  readonly serverName?: string;

  /**
   * A certificate that is shown to the upstream (mTLS); it becomes `proxy_ssl_certificate` and `proxy_ssl_certificate_key`.
   *
   * @default - no client certificate
   */
  readonly clientCertificate?: ClientCertificate;
}

/**
 * Options of TLS towards an upstream when nothing is verified.
 */
export interface InsecureTlsOptions {
  /**
   * The name that is asked for (SNI); it becomes `proxy_ssl_name`.
   *
   * @default - the `host` of the route or backend
   */
  readonly serverName?: string;

  /**
   * A certificate that is shown to the upstream (mTLS); it becomes `proxy_ssl_certificate` and `proxy_ssl_certificate_key`.
   *
   * @default - no client certificate
   */
  readonly clientCertificate?: ClientCertificate;
}

/**
 * How TLS is spoken to an upstream: TLS 1.2 or 1.3, with SNI.
 */
export class UpstreamTls {
  /**
   * Verifies the certificate: its chain up to a trusted authority (at most four intermediate ones), and the name.
   *
   * A certificate that does not hold is answered with 502, and nginx logs why.
   *
   * @param options who is trusted, and for which name
   */
  public static verified(options: UpstreamTlsOptions = {}): UpstreamTls {
    return new UpstreamTls(options, options.ca ?? CaBundle.system());
  }

  /**
   * Verifies nothing: whoever answers at the address gets the requests, with all credentials in them.
   *
   * @param reason why that is acceptable; it stands as a comment in the configuration
   * @param options which name is asked for
   */
  public static insecure(reason: string, options: InsecureTlsOptions = {}): UpstreamTls {
    return new UpstreamTls(options, undefined, commentLine('reason', reason));
  }

  /** @internal */
  public readonly _ca?: CaBundle;
  /** @internal */
  public readonly _serverName?: string;
  /** @internal */
  public readonly _clientCertificate?: ClientCertificate;
  /** @internal */
  public readonly _insecureReason?: string;

  private constructor(options: InsecureTlsOptions, ca: CaBundle | undefined, insecureReason?: string) {
    this._ca = ca;
    this._serverName = options.serverName === undefined ? undefined : domainName('serverName', options.serverName);
    this._clientCertificate = options.clientCertificate;
    this._insecureReason = insecureReason;
  }
}
