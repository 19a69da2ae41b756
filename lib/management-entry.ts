import { Construct } from 'constructs';
import { Entry, EntryProps } from './entry';

/**
 * Props of a management entry.
 */
export interface ManagementEntryProps extends EntryProps {}

/**
 * An entry that belongs to no environment: the Kubernetes Dashboard, the Nexus mirror, a registry.
 *
 * All of a balancer are in `conf.d/<domain>.conf`; the log file is `/var/log/nginx/<name>_access.log`.
 */
export class ManagementEntry extends Entry {
  /**
   * @param scope the construct that the entry belongs to
   * @param id its id
   * @param props what it serves
   */
  constructor(scope: Construct, id: string, props: ManagementEntryProps) {
    super(scope, id, props);
    const [first] = props.domains ?? [];
    this._serve({
      logKind: 'management',
      file: this.balancer._managementFile,
      log: props.name ?? id,
      internalHost: first === undefined ? undefined : { literal: first },
    });
  }
}
