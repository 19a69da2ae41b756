import { ControllerKind } from './private/balancer/controller';
import { namespaceName } from './private/kubernetes/grammar';
import { port } from './private/nginx/grammar';

/**
 * Options of an Ingress Controller.
 */
export interface IngressControllerOptions {
  /**
   * Its http port on the ingress nodes.
   *
   * @default 80
   */
  readonly port?: number;

  /**
   * The namespace of its settings.
   *
   * @default - the controller's usual one: `ingress-nginx`, `traefik`
   */
  readonly controllerNamespace?: string;
}

/**
 * Which Ingress Controller runs on the ingress nodes.
 */
export class IngressController {
  /**
   * Any controller that speaks http.
   *
   * @param options its port
   */
  public static generic(options: IngressControllerOptions = {}): IngressController {
    return new IngressController('generic', '', options);
  }

  /**
   * ingress-nginx, which is retired and still what most clusters have.
   *
   * @param options its port and namespace
   */
  public static ingressNginx(options: IngressControllerOptions = {}): IngressController {
    return new IngressController('ingress-nginx', 'ingress-nginx', options);
  }

  /**
   * Traefik, installed by its Helm chart.
   *
   * @param options its port and namespace
   */
  public static traefik(options: IngressControllerOptions = {}): IngressController {
    return new IngressController('traefik', 'traefik', options);
  }

  /** @internal */
  public readonly _kind: ControllerKind;
  /** @internal */
  public readonly _port: number;
  /** @internal */
  public readonly _namespace: string;

  private constructor(kind: ControllerKind, usualNamespace: string, options: IngressControllerOptions) {
    this._kind = kind;
    this._port = port('port', options.port ?? 80);
    this._namespace = options.controllerNamespace === undefined ? usualNamespace : namespaceName('controllerNamespace', options.controllerNamespace);
  }
}
