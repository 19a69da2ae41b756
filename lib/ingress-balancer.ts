import { Construct } from 'constructs';
import { Machine } from './machine';
import { NodePool } from './node-pool';
import { ACCESS_LOG_FORMATS } from './private/balancer/access-log';
import { renderBalancer } from './private/balancer/render';
import { BalancerSite } from './private/balancer/site';
import { claim } from './private/claims';
import { domainName, ipAddress, userName } from './private/nginx/grammar';
import { NginxVersion } from './private/nginx/version';
import { Member } from './private/proxy/model';
import { activeNodes } from './private/pool-nodes';
import { refuse } from './private/refuse';
import { addCustomSynthesis, writeFiles } from './private/synthesis';

/**
 * How the balancer logs requests.
 */
export enum AccessLogFormat {
  /**
   * One readable line.
   */
  TEXT = 'text',

  /**
   * One JSON object a line.
   */
  JSON = 'json',
}

/**
 * Props of a balancer.
 */
export interface IngressBalancerProps {
  /**
   * The nodes on which the Ingress Controller runs.
   */
  readonly nodes: NodePool;

  /**
   * The load balancer, a machine outside the cluster on which nginx runs; one.
   *
   * Its folder in the output is named after it.
   */
  readonly machines: Machine[];

  /**
   * The name in front, which the file of the upstreams is named after.
   *
   * @default - the name of the machine
   */
  readonly hostname?: string;

  /**
   * The domain of internal names, which the files of the entries are named after.
   *
   * @default - `hostname` without its first label
   */
  readonly domain?: string;

  /**
   * The version of nginx on the machine, 1.22 or newer: what a version does not have is not written.
   *
   * @default '1.24'
   */
  readonly nginxVersion?: string;

  /**
   * The Unix user that nginx runs as: `nginx` with the packages of nginx.org, `www-data` with those of Debian.
   *
   * @default 'nginx'
   */
  readonly user?: string;

  /**
   * Whether browsers may speak HTTP/2 on TLS listeners.
   *
   * @default true
   */
  readonly http2?: boolean;

  /**
   * How requests are logged; it becomes `log_format`.
   *
   * @default AccessLogFormat.TEXT
   */
  readonly accessLogFormat?: AccessLogFormat;
}

const LOWEST_VERSION = '1.22';

/**
 * The load balancer outside the cluster: nginx on a machine that spreads the requests of users over the ingress nodes.
 *
 * Entries say what it serves: `ManagementEntry` and `EnvironmentEntry`. `app.synth()` writes its nginx configuration beside
 * the manifests, to a folder named after the machine; `--stdout`, `Testing.synth()` and `synthYaml()` carry manifests only,
 * and `writeTo()` writes the files at any time.
 */
export class IngressBalancer extends Construct {
  /** @internal */
  public readonly _site: BalancerSite;
  /** @internal */
  public readonly _domain: string;
  /** @internal */
  public readonly _ingressMembers: Member[];

  private readonly machine: Machine;
  private readonly hostname: string;
  private readonly version: NginxVersion;
  private readonly user: string;
  private readonly logFormat: AccessLogFormat;

  /**
   * @param scope the construct that the balancer belongs to
   * @param id its id
   * @param props where it runs and where it sends requests
   */
  constructor(scope: Construct, id: string, props: IngressBalancerProps) {
    super(scope, id);
    this.machine = checkMachines(props.machines);
    this.hostname = props.hostname === undefined ? this.machine.name : domainName('hostname', props.hostname);
    this._domain = props.domain === undefined ? domainOf(this.hostname) : domainName('domain', props.domain);
    this.version = NginxVersion.parse('nginxVersion', props.nginxVersion ?? '1.24', LOWEST_VERSION);
    this.user = userName('user', props.user ?? 'nginx');
    this.logFormat = props.accessLogFormat ?? AccessLogFormat.TEXT;
    this._ingressMembers = activeNodes('nodes', props.nodes.nodes).map(({ name, address, weight }) => ({ host: address, port: 80, note: name, weight }));
    this._site = new BalancerSite(this.machine.address.includes(':'), props.http2 ?? true);

    const owner = claim(this, 'folder', this.machine.name);
    if (owner !== undefined) {
      throw refuse('machines[0].name', this.machine.name, `"${owner}" writes to the folder of that name already: one balancer for each machine`);
    }
    addCustomSynthesis(this, { onSynthesize: () => this.files });
  }

  /**
   * The nginx configuration: text by path below the output folder, such as `ingress.cluster.k8s/etc/nginx/nginx.conf`.
   *
   * The same program gives the same bytes.
   */
  public get files(): { [path: string]: string } {
    const tree = renderBalancer(this._site, {
      owner: this.node.path,
      version: this.version,
      user: this.user,
      upstreamsFile: this._upstreamsFile,
      logFormat: ACCESS_LOG_FORMATS[this.logFormat],
    });
    return Object.fromEntries(Object.entries(tree).map(([path, text]) => [`${this.machine.name}/etc/nginx/${path}`, text]));
  }

  /**
   * Writes the files below a folder, which is made where it is missing.
   *
   * @param directory the folder
   */
  public writeTo(directory: string): void {
    writeFiles(directory, this.files);
  }

  /** @internal */
  public get _upstreamsFile(): string {
    return `${this.hostname}.conf`;
  }
}

function checkMachines(machines: Machine[]): Machine {
  if (!Array.isArray(machines) || machines.length !== 1) {
    throw refuse('machines', machines?.map?.(({ name }) => name), 'one machine is expected');
  }
  const name = domainName('machines[0].name', machines[0]?.name);
  if (/\.(ya?ml|json)$/.test(name)) {
    throw refuse('machines[0].name', name, 'a folder is named after it, and kubectl would take it for a manifest');
  }
  return { name, address: ipAddress('machines[0].address', machines[0].address) };
}

function domainOf(hostname: string): string {
  const [, ...rest] = hostname.split('.');
  if (rest.length === 0) {
    throw refuse('hostname', hostname, 'it has no domain behind its first label: set \'domain\'');
  }
  return rest.join('.');
}
