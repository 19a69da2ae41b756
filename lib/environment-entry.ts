import { Construct } from 'constructs';
import { Entry, EntryProps } from './entry';
import { domainName, fileNamePart, identifier } from './private/nginx/grammar';
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
    this.internalHost = props.internalHost === undefined ? `${environment}.${this.balancer._domain}` : domainName('internalHost', props.internalHost);
    this._serve(props, {
      kind: `environment ${environment}`,
      file: this.fileOf(environment),
      log: application === undefined ? environment : `${application}_${environment}`,
      internalHost: { literal: this.internalHost },
    });
  }

  /** The file of an environment, which must not be the one of the upstreams. */
  private fileOf(environment: string): string {
    const file = `${environment}.${this.balancer._domain}.conf`;
    if (file === this.balancer._upstreamsFile) {
      throw refuse('environment', environment, `its file would be conf.d/${file}, which holds the upstreams of "${this.balancer.node.path}": name the environment otherwise, or set 'hostname' of the balancer`);
    }
    return file;
  }
}
