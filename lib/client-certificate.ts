import * as kplus from 'cdk8s-plus-28';
import { objectName } from './private/kubernetes/grammar';
import { filePath } from './private/nginx/grammar';
import { CertificateSource } from './private/tls-sources';

/**
 * A certificate with its key that is shown to the other side (mTLS).
 */
export class ClientCertificate {
  /**
   * From a Secret of type `kubernetes.io/tls` of the proxy's namespace: its keys `tls.crt` and `tls.key`.
   *
   * It is mounted, and the pods start when it is there.
   *
   * @param secret the Secret
   */
  public static fromSecret(secret: kplus.ISecret): ClientCertificate {
    return new ClientCertificate({ kind: 'secret', name: objectName('secret', secret.name) });
  }

  /**
   * From files on the load balancer.
   *
   * @param certificate absolute path of the certificate in PEM
   * @param key absolute path of the key in PEM
   */
  public static fromFiles(certificate: string, key: string): ClientCertificate {
    return new ClientCertificate({ kind: 'files', certificate: filePath('certificate', certificate), key: filePath('key', key) });
  }

  /** @internal */
  public readonly _source: CertificateSource;

  private constructor(source: CertificateSource) {
    this._source = source;
  }
}
