import { createHash } from 'crypto';
import { ApiObject, Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';

/** Texts by the name of their file. */
export interface Texts {
  [file: string]: string;
}

export interface HashedConfigMapProps {
  /** What the name starts with. */
  readonly prefix: string;
  readonly labels: { [key: string]: string };
  /** Called when the text is asked for, so that what is added later is in it. */
  readonly texts: () => Texts;
}

/**
 * An immutable ConfigMap whose name carries the hash of its content: a pod that restarts while a new one is rolled out
 * still finds what it was started with. Name and content are computed when they are asked for; a `Lazy` name would be an
 * object when cdk8s makes a file name of it.
 */
export class HashedConfigMap extends k8s.KubeConfigMap {
  private readonly content: HashedConfigMapProps;

  constructor(scope: Construct, id: string, props: HashedConfigMapProps) {
    super(scope, id, {
      metadata: { name: props.prefix, labels: props.labels },
      immutable: true,
      data: Lazy.any({ produce: () => props.texts() }) as { [key: string]: string },
    });
    this.content = props;
    const name = { get: () => this.hashedName, enumerable: true };
    Object.defineProperty(this, 'name', name);
    Object.defineProperty(this.metadata, 'name', name);
  }

  /** Bytes of the object as plain `kubectl apply` keeps it in an annotation, where "<", ">" and "&" take six bytes. */
  public get annotationSize(): number {
    const text = JSON.stringify((this as ApiObject).toJson());
    return Buffer.byteLength(text) + 5 * (text.match(/[<>&\u2028\u2029]/g) ?? []).length;
  }

  private get hashedName(): string {
    const hash = createHash('sha256').update(JSON.stringify(this.content.texts())).digest('hex');
    return `${this.content.prefix}-${hash.slice(0, 10)}`;
  }
}
