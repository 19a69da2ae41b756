import * as kplus from 'cdk8s-plus-28';
import { dataKey, objectName } from './private/kubernetes/grammar';
import { filePath } from './private/nginx/grammar';
import { CaSource } from './private/tls-sources';

/**
 * Certificates of the authorities (CA) that are trusted, in PEM.
 *
 * Each way to name them belongs to one gate: a ConfigMap or a Secret to a proxy in the cluster, a file to the load balancer.
 */
export class CaBundle {
  /**
   * The authorities that the image, or the load balancer's system, trusts by itself.
   *
   * On the load balancer it is `/etc/ssl/certs/ca-certificates.crt`; where a system keeps them elsewhere, use `fromFile`.
   */
  public static system(): CaBundle {
    return new CaBundle({ kind: 'system' });
  }

  /**
   * From a ConfigMap of the proxy's namespace; it is mounted, and the pods start when it is there.
   *
   * @param configMap the ConfigMap, such as `kplus.ConfigMap.fromConfigMapName(chart, 'root-ca', 'root-ca')`
   * @param key the key that holds the certificates; without it `ca.crt`
   */
  public static fromConfigMap(configMap: kplus.IConfigMap, key: string = 'ca.crt'): CaBundle {
    return new CaBundle({ kind: 'configMap', name: objectName('configMap', configMap.name), key: dataKey('key', key) });
  }

  /**
   * From a Secret of the proxy's namespace; it is mounted, and the pods start when it is there.
   *
   * @param secret the Secret
   * @param key the key that holds the certificates; without it `ca.crt`
   */
  public static fromSecret(secret: kplus.ISecret, key: string = 'ca.crt'): CaBundle {
    return new CaBundle({ kind: 'secret', name: objectName('secret', secret.name), key: dataKey('key', key) });
  }

  /**
   * From a file on the load balancer.
   *
   * @param path absolute path of the file
   */
  public static fromFile(path: string): CaBundle {
    return new CaBundle({ kind: 'file', path: filePath('path', path) });
  }

  /** @internal */
  public readonly _source: CaSource;

  private constructor(source: CaSource) {
    this._source = source;
  }
}
