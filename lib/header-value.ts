import * as kplus from 'cdk8s-plus-28';
import { dataKey, objectName } from './private/kubernetes/grammar';
import { headerValue } from './private/nginx/grammar';

/**
 * The value of a request header towards an external system.
 */
export class HeaderValue {
  /**
   * Literal text, which stands in a ConfigMap.
   *
   * @param value the text; `$` is text
   */
  public static of(value: string): HeaderValue {
    return new HeaderValue(headerValue('value', value));
  }

  /**
   * A key of a Secret of the proxy's namespace, such as a token. The pod reads it at its start; it is neither in a ConfigMap
   * nor in the pod's spec.
   *
   * It arrives byte for byte, but for one line break at its end. A value with other control characters, or an empty one, keeps
   * the pod from starting, and its log says which Secret and key. A Secret that changes is read at the next rollout
   * (`kubectl rollout restart`).
   *
   * @param value the Secret and its key
   */
  public static fromSecretValue(value: kplus.SecretValue): HeaderValue {
    return new HeaderValue(undefined, { name: objectName('value.secret', value.secret.name), key: dataKey('value.key', value.key) });
  }

  /** @internal */
  public readonly _text?: string;
  /** @internal */
  public readonly _secret?: { readonly name: string; readonly key: string };

  private constructor(text: string | undefined, secret?: { readonly name: string; readonly key: string }) {
    this._text = text;
    this._secret = secret;
  }
}
