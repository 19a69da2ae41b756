import { Lazy } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { AccessLogFormat } from './access-log-format';
import { IngressController } from './ingress-controller';
import { Machine, PoolNode } from './machine';
import { NodePool } from './node-pool';
import { controllerSettings } from './private/balancer/controller';
import { ProxiesInFront } from './private/balancer/real-ip';
import { largestBodySize, renderBalancer } from './private/balancer/render';
import { BalancerSite } from './private/balancer/site';
import { membersOf } from './private/balancer/upstream';
import { checkRanges } from './private/cidr';
import { claim } from './private/claims';
import { domainName, fileNamedAfter, filePath, ipAddress, userName, oneOf } from './private/nginx/grammar';
import { NginxVersion } from './private/nginx/version';
import { activeNodes } from './private/pool-nodes';
import { ForwardedHeaders, Member } from './private/proxy/model';
import { refuse } from './private/refuse';
import { addCustomSynthesis, writeFiles } from './private/synthesis';
import { TlsPolicy } from './tls-policy';

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
   * The Ingress Controller on the nodes.
   *
   * @default IngressController.generic()
   */
  readonly controller?: IngressController;

  /**
   * The file of nginx's stream module where it was packaged apart, as with Debian (`modules/ngx_stream_module.so`); it
   * becomes `load_module`, when there are stream entries.
   *
   * @default - the module is built in, as in the packages of nginx.org
   */
  readonly streamModule?: string;

  /**
   * Addresses and ranges (CIDR) of proxies in front of the balancer: their X-Forwarded-* are believed, nobody else's.
   *
   * They become `set_real_ip_from`.
   *
   * @default - the balancer is the edge, and believes nobody
   */
  readonly trustedProxies?: string[];

  /**
   * Whether the proxies in front speak PROXY protocol, on all TCP ports of the balancer; needs `trustedProxies`.
   *
   * It becomes `listen … proxy_protocol`: a connection without the header is refused.
   *
   * @default false
   */
  readonly acceptProxyProtocol?: boolean;

  /**
   * Protocols and ciphers towards clients.
   *
   * @default TlsPolicy.INTERMEDIATE
   */
  readonly tlsPolicy?: TlsPolicy;

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

/**
 * A certificate of the balancer and the names that it must cover.
 */
export interface CertificateUse {
  /**
   * Path of the certificate on the machine.
   */
  readonly certificate: string;

  /**
   * The names, sorted; those that start with `*.` stand for all sub-domains.
   */
  readonly domains: string[];
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
  public readonly _ingressNodes: PoolNode[];
  /** @internal */
  public readonly _ingressMembers: Member[];
  /** @internal */
  public readonly _forwardedHeaders: ForwardedHeaders;

  private readonly machine: Machine;
  private readonly hostname: string;
  private readonly version: NginxVersion;
  private readonly user: string;
  private readonly logFormat: AccessLogFormat;
  private readonly inFront?: ProxiesInFront;
  private readonly tlsPolicy: TlsPolicy;
  private readonly controller: IngressController;
  private readonly streamModule?: string;

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
    fileNamedAfter('hostname', this.hostname, this._upstreamsFile);
    fileNamedAfter('domain', this._domain, this._managementFile);
    if (this._domain === this.hostname) {
      throw refuse('domain', this._domain, `the file of the upstreams is named after 'hostname', and the others after 'domain': both would be conf.d/${this.hostname}.conf`);
    }
    this.version = NginxVersion.parse('nginxVersion', props.nginxVersion ?? '1.24', LOWEST_VERSION);
    this.user = userName('user', props.user ?? 'nginx');
    this.logFormat = oneOf('accessLogFormat', props.accessLogFormat ?? AccessLogFormat.TEXT, AccessLogFormat);
    this.controller = props.controller ?? IngressController.generic();
    this._ingressNodes = activeNodes('nodes', props.nodes.nodes);
    this._ingressMembers = membersOf(this._ingressNodes, this.controller._port);
    this.inFront = checkProxiesInFront(props);
    this._forwardedHeaders = this.inFront && !this.inFront.proxyProtocol ? ForwardedHeaders.CONTINUE : ForwardedHeaders.OVERWRITE;
    this.tlsPolicy = oneOf('tlsPolicy', props.tlsPolicy ?? TlsPolicy.INTERMEDIATE, TlsPolicy);
    this.streamModule = props.streamModule === undefined ? undefined : modulePath('streamModule', props.streamModule);
    this._site = new BalancerSite({
      ipv6: this.machine.address.includes(':'),
      http2: props.http2 ?? true,
      proxyProtocol: this.inFront?.proxyProtocol ?? false,
    });

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
      streamFile: `${this._domain}.conf`,
      streamModule: this.streamModule,
      logFormat: this.logFormat,
      inFront: this.inFront,
      tlsPolicy: this.tlsPolicy,
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

  /**
   * What each certificate on the machine must cover, in the order of the certificates' paths; for ordering and checking them.
   */
  public get certificates(): CertificateUse[] {
    const domains = new Map<string, Set<string>>();
    for (const { server } of this._site.placedServers) {
      if (server.certificate) {
        const { certificate } = server.certificate;
        domains.set(certificate, new Set([...(domains.get(certificate) ?? []), ...server.names]));
      }
    }
    return [...domains].sort(([a], [b]) => (a < b ? -1 : 1)).map(([certificate, names]) => ({ certificate, domains: [...names].sort() }));
  }

  /**
   * Emits what makes the Ingress Controller agree with the balancer: it believes the forwarded headers of the balancer's
   * addresses only, and its largest body is not smaller than the balancer's.
   *
   * For ingress-nginx it is the ConfigMap `ingress-nginx-controller` of its namespace; for Traefik a ConfigMap with values for
   * its Helm chart (`helm upgrade … -f`).
   *
   * @param scope the construct that the ConfigMap belongs to
   * @param id its id
   */
  public configureController(scope: Construct, id: string): void {
    const settings = () => controllerSettings(this.controller._kind, { addresses: [this.machine.address], maxBodySize: largestBodySize(this._site) });
    const { name } = settings() ?? {};
    if (name === undefined) {
      throw refuse('controller', 'IngressController.generic()', 'nobody knows its settings: say which controller it is with \'IngressController.ingressNginx()\' or \'IngressController.traefik()\'');
    }
    const namespace = this.controller._namespace;
    const owner = claim(scope, `controller in namespace ${namespace}`, name, `${scope.node.path}/${id}`);
    if (owner !== undefined) {
      throw refuse('id', id, `"${owner}" configures the controller of namespace ${namespace} already`);
    }
    new kplus.k8s.KubeConfigMap(scope, id, {
      metadata: { name, namespace, labels: { 'app.kubernetes.io/managed-by': 'cdk8s-gatehouse' } },
      data: Lazy.any({ produce: () => settings()?.data }) as { [key: string]: string },
    });
  }

  /** @internal */
  public get _managementFile(): string {
    return `${this._domain}.conf`;
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

function checkProxiesInFront({ trustedProxies, acceptProxyProtocol = false }: IngressBalancerProps): ProxiesInFront | undefined {
  if (trustedProxies === undefined) {
    if (acceptProxyProtocol) {
      throw refuse('acceptProxyProtocol', true, 'anybody could say who the client is: set \'trustedProxies\' to the addresses that speak it');
    }
    return undefined;
  }
  const ranges = checkRanges('trustedProxies', trustedProxies);
  const everybody = ranges.findIndex((range) => range.endsWith('/0'));
  if (everybody >= 0) {
    throw refuse(`trustedProxies[${everybody}]`, ranges[everybody], 'that is everybody: name the addresses of the proxies in front');
  }
  return { ranges, proxyProtocol: acceptProxyProtocol };
}

/** As nginx finds it: an absolute path, or one below its own folder. */
function modulePath(prop: string, value: string): string {
  if (typeof value !== 'string' || !value.endsWith('.so')) {
    throw refuse(prop, value, 'the file of a module ends in ".so", such as "modules/ngx_stream_module.so"');
  }
  return filePath(prop, value, value.startsWith('/') ? value : `/${value}`);
}

function domainOf(hostname: string): string {
  const [, ...rest] = hostname.split('.');
  if (rest.length === 0) {
    throw refuse('hostname', hostname, 'it has no domain behind its first label: set \'domain\'');
  }
  return rest.join('.');
}
