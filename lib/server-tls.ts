import { Duration } from 'cdk8s';
import { CaBundle } from './ca-bundle';
import { filePath, seconds } from './private/nginx/grammar';
import { CertificateFiles } from './private/proxy/model';
import { refuse } from './private/refuse';
import { MACHINE_FILES } from './private/tls-sources';

/**
 * Options of TLS towards clients.
 */
export interface ServerTlsOptions {
  /**
   * The authorities (`CaBundle.fromFile`) whose certificates clients must show (mTLS); it becomes `ssl_client_certificate`.
   *
   * @default - everybody may connect
   */
  readonly clientCa?: CaBundle;

  /**
   * How long browsers shall use https only for the domains of the entry: the header Strict-Transport-Security.
   *
   * @default - not sent
   */
  readonly hsts?: Duration;

  /**
   * Whether port 80 answers with a 308 to the same address with https.
   *
   * @default - true on port 443, unless another entry serves the domain on port 80
   */
  readonly redirectHttp?: boolean;
}

/**
 * TLS towards clients: a certificate with its key.
 */
export class ServerTls {
  /**
   * A certificate and its key that lie on the load balancer; nobody copies them there.
   *
   * They become `ssl_certificate` and `ssl_certificate_key`.
   *
   * @param certificate absolute path of the certificate, followed by its intermediate ones, in PEM
   * @param key absolute path of the key in PEM
   * @param options what else belongs to TLS
   */
  public static fromFiles(certificate: string, key: string, options: ServerTlsOptions = {}): ServerTls {
    return new ServerTls({ certificate: filePath('certificate', certificate), key: filePath('key', key) }, options);
  }

  /** @internal */
  public readonly _files: CertificateFiles;
  /** @internal */
  public readonly _clientCa?: string;
  /** @internal */
  public readonly _hsts?: number;
  /** @internal */
  public readonly _redirectHttp?: boolean;

  private constructor(files: CertificateFiles, options: ServerTlsOptions) {
    this._files = files;
    this._clientCa = options.clientCa && clientCaFile(options.clientCa);
    this._hsts = options.hsts && seconds('hsts', options.hsts);
    this._redirectHttp = options.redirectHttp;
  }
}

/** Whoever has a certificate of a public authority is nobody in particular, so the system's are refused. */
function clientCaFile(clientCa: CaBundle): string {
  if (clientCa._source.kind === 'system') {
    throw refuse('clientCa', 'CaBundle.system()', 'public authorities sign for everybody: use \'CaBundle.fromFile\' with the authority of these clients');
  }
  return MACHINE_FILES.caFile('clientCa', clientCa._source);
}
