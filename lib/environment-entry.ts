import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { Entry, EntryProps } from './entry';
import { claim } from './private/claims';
import { objectName } from './private/kubernetes/grammar';
import { domainName, fileNamedAfter, fileNamePart, identifier, locationPath } from './private/nginx/grammar';
import { refuse } from './private/refuse';

/**
 * Props of an environment's entry.
 */
export interface EnvironmentEntryProps extends EntryProps {
  /**
   * The environment, such as `prod`: its file is `conf.d/<environment>.<domain>.conf`, which all its entries share.
   */
  readonly environment: string;

  /**
   * The application: the log file is `/var/log/nginx/<application>_<environment>_access.log`.
   *
   * @default - the environment has one application: `<environment>_access.log`
   */
  readonly application?: string;

  /**
   * The host that the Ingress listens to; it is sent as Host instead of the name that users typed.
   *
   * @default - `<environment>.<domain>`
   */
  readonly internalHost?: string;
}

/**
 * Options of a service behind an environment's entry.
 */
export interface ExposeServiceOptions {
  /**
   * Path of the internal host that leads to the service, with everything below it.
   *
   * @default '/'
   */
  readonly path?: string;

  /**
   * Port of the service.
   *
   * @default - its first
   */
  readonly port?: number;

  /**
   * Class of the Ingress.
   *
   * @default - the cluster's default class
   */
  readonly ingressClassName?: string;
}

/**
 * An entry of an environment (prod, pre, test, dev): turns the names that users type into the host that the Ingress listens
 * to.
 */
export class EnvironmentEntry extends Entry {
  /**
   * The host that the Ingress listens to.
   */
  public readonly internalHost: string;

  /**
   * @param scope the construct that the entry belongs to
   * @param id its id
   * @param props what it serves
   */
  constructor(scope: Construct, id: string, props: EnvironmentEntryProps) {
    super(scope, id, props);
    const environment = identifier('environment', props.environment);
    const application = props.application === undefined ? undefined : fileNamePart('application', props.application);
    this.internalHost = domainName('internalHost', props.internalHost ?? `${environment}.${this.balancer._domain}`);
    this._serve({
      logKind: `environment ${environment}`,
      file: this.fileOf(environment),
      log: application === undefined ? environment : `${application}_${environment}`,
      internalHost: { literal: this.internalHost },
    });
  }

  /**
   * Makes the Ingress for the internal host beside a service, so that both ends of the wire say the same host.
   *
   * @param service the service that gets the requests
   * @param options path, port and class
   */
  public exposeService(service: kplus.Service, options: ExposeServiceOptions = {}): kplus.Ingress {
    const path = locationPath('path', options.path ?? '/');
    const words = [service.name, this.internalHost.replace(/\./g, '-'), ...path.split('/')].filter(Boolean).join('-').toLowerCase();
    const name = words.replace(/[^a-z0-9-]+/g, '-').slice(0, 253).replace(/-+$/, '');
    const owner = claim(service, `Ingress in namespace ${service.metadata.namespace ?? ''}`, name, `${service.node.path} ${path}`);
    if (owner !== undefined) {
      throw refuse('path', path, `its Ingress would be named ${name}, as that of "${owner}" is already: expose one of them under another path`);
    }
    return new kplus.Ingress(service, `Ingress-${name}`, {
      metadata: { name },
      className: options.ingressClassName === undefined ? undefined : objectName('ingressClassName', options.ingressClassName),
      rules: [{
        host: this.internalHost,
        path,
        pathType: kplus.HttpIngressPathType.PREFIX,
        backend: kplus.IngressBackend.fromService(service, { port: options.port ?? service.port }),
      }],
    });
  }

  /** The file of an environment, which must not be the one of the upstreams. */
  private fileOf(environment: string): string {
    const file = fileNamedAfter('environment', environment, `${environment}.${this.balancer._domain}.conf`);
    if (file === this.balancer._upstreamsFile) {
      throw refuse('environment', environment, `its file would be conf.d/${file}, which holds the upstreams of "${this.balancer.node.path}": name the environment otherwise, or set 'hostname' of the balancer`);
    }
    return file;
  }
}
