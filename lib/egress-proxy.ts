import { Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { EgressRoute, EgressRouteOptions, IEgressRoute } from './egress-route';
import { NodePool } from './node-pool';
import { checkUnique } from './private/check-unique';
import { claim, ownerOf } from './private/claims';
import { EgressConfiguration } from './private/egress/configuration';
import { EgressDeployment } from './private/egress/deployment';
import { foreignServices } from './private/egress/foreign-services';
import { versionInTag } from './private/egress/image';
import { podsOf } from './private/egress/pods';
import { ContainerPorts } from './private/egress/ports';
import { checkMeasurable, checkResources, workerProcesses } from './private/egress/resources';
import { RouteDefinition } from './private/egress/route';
import { SecretHeaders } from './private/egress/secret-headers';
import { TrustMount } from './private/egress/trust';
import { deploymentName, imageReference, labelKey, labelValue, objectName, serviceName } from './private/kubernetes/grammar';
import { HashedConfigMap } from './private/kubernetes/hashed-config-map';
import { filePath, socketAddress, target } from './private/nginx/grammar';
import { NginxVersion } from './private/nginx/version';
import { refuse } from './private/refuse';
import { SYSTEM_CA_FILE } from './private/tls-sources';
import { AutoScalingOptions, Scaling } from './scaling';

/**
 * Props of an egress proxy.
 */
export interface EgressProxyProps {
  /**
   * The nodes for which the firewall is open; a pod runs on each of them.
   *
   * With one node there is one pod, and a drain of the node is an outage.
   */
  readonly nodes: NodePool;

  /**
   * Name of the Deployment, prefix of its ConfigMaps, and value of the label that its pods are found by.
   *
   * Unique in the namespace. A construct that is moved or renamed keeps its objects when it keeps its name.
   *
   * @default - the construct's id
   */
  readonly name?: string;

  /**
   * The nginx image.
   *
   * @default 'nginx:1.30'
   */
  readonly image?: string;

  /**
   * The version of nginx in the image, 1.24 or newer: what a version does not have is not written.
   *
   * @default - from the image's tag; required when the tag names no version
   */
  readonly nginxVersion?: string;

  /**
   * When the image is pulled.
   *
   * @default ImagePullPolicy.IF_NOT_PRESENT
   */
  readonly imagePullPolicy?: kplus.ImagePullPolicy;

  /**
   * The Secrets with which the image is pulled.
   *
   * @default - none needed
   */
  readonly imagePullSecrets?: kplus.ISecret[];

  /**
   * How many pods.
   *
   * @default Scaling.perNode()
   */
  readonly scaling?: Scaling;

  /**
   * Whether there are no pods and no autoscaler: the routes' Services answer nobody.
   *
   * @default false
   */
  readonly maintenance?: boolean;

  /**
   * CPU and memory of a pod; the CPU limit, rounded up, is the number of nginx workers.
   *
   * @default - 100m to 1 CPU; 64 MiB and 0.15 MiB for each route to 256 MiB and 0.25 MiB for each route, in steps of 32 MiB
   */
  readonly resources?: kplus.ContainerResources;

  /**
   * Taints of nodes that the pods tolerate.
   *
   * @default - not any
   */
  readonly tolerations?: kplus.NodeTaintQuery[];

  /**
   * The PriorityClass of the pods.
   *
   * @default - the cluster's default
   */
  readonly priorityClassName?: string;

  /**
   * Labels that the nodes must carry besides that of the pool.
   *
   * @default - the pool's label only
   */
  readonly nodeSelector?: { [key: string]: string };

  /**
   * DNS servers for targets that are names: `ip` or `ip:port`. They become `resolver`, and need nginx 1.27.3.
   *
   * @default - names are refused
   */
  readonly resolvers?: string[];

  /**
   * The file in the image with the authorities of `CaBundle.system()`.
   *
   * @default '/etc/ssl/certs/ca-certificates.crt'
   */
  readonly systemCaFile?: string;
}

const DEFAULT_IMAGE = 'nginx:1.30';
const LOWEST_VERSION = '1.24';
/** Bytes of an object that plain `kubectl apply` can keep in its annotation, with room for the name of the annotation. */
const LARGEST_OBJECT = 250_000;

/**
 * nginx pods on the nodes for which the firewall is open, as a reverse proxy to external systems.
 *
 * Each route becomes a Service, so that applications call `http://<route>`. The configuration is in immutable ConfigMaps
 * whose names carry the hash of their content: a change is a rollout, one pod after the other, and a pod that restarts
 * meanwhile keeps what it was started with. The pods run as a user without privileges, with a read-only root.
 */
export class EgressProxy extends Construct {
  /**
   * The Deployment.
   */
  public readonly deployment: kplus.Deployment;

  /** @internal */
  public readonly _name: string;
  /** @internal */
  public readonly _labels: { [key: string]: string };
  /** @internal */
  public readonly _selector: { [key: string]: string };
  /** @internal */
  public readonly _ports = new ContainerPorts();
  /** @internal */
  public readonly _trust: TrustMount;
  /** @internal */
  public readonly _secretHeaders = new SecretHeaders();
  /** @internal */
  public readonly _ipv6: boolean;
  /** @internal */
  public readonly _resolves: boolean;
  /** @internal */
  public readonly _mostPods: number;

  private readonly configuration: EgressConfiguration;
  private readonly configMaps: HashedConfigMap[];
  private readonly routesByName = new Map<string, EgressRoute>();

  /**
   * @param scope the construct that the proxy belongs to
   * @param id its id
   * @param props where it runs, and from which image
   */
  constructor(scope: Construct, id: string, props: EgressProxyProps) {
    super(scope, id);
    this._name = deploymentName('name', props.name ?? id);
    this.checkFree('egress proxy', this._name);
    this.claimName('egress proxy', this._name, this.node.path);
    this._selector = { 'app.kubernetes.io/name': 'egress-proxy', 'app.kubernetes.io/instance': this._name };
    this._labels = { ...this._selector, 'app.kubernetes.io/managed-by': 'cdk8s-gatehouse' };
    this._trust = new TrustMount(filePath('systemCaFile', props.systemCaFile ?? SYSTEM_CA_FILE));
    const nodes = props.nodes.nodes;
    this._ipv6 = nodes.some(({ address }) => address.includes(':'));
    if (props.resources) {
      checkResources(props.resources);
    }
    const pods = podsOf(props.scaling ?? Scaling.perNode(), nodes.length, props.maintenance ?? false);
    this._mostPods = pods.most;
    const image = imageReference('image', props.image ?? DEFAULT_IMAGE);
    const version = versionOf(image.tag, props);
    const resolvers = checkResolvers(props.resolvers, version);
    this._resolves = resolvers.length > 0;
    this.configuration = new EgressConfiguration({
      owner: this._name,
      version,
      workerProcesses: workerProcesses(props.resources),
      ipv6: this._ipv6,
      resolvers,
    });
    this.configMaps = [new HashedConfigMap(this, 'Config', { prefix: this._name, labels: this._labels, texts: () => this.configuration.main })];
    this.deployment = new EgressDeployment(this, 'Deployment', {
      name: this._name,
      labels: this._labels,
      selector: this._selector,
      pods,
      nodeSelector: checkNodeSelector(props),
      image: image.reference,
      imagePullPolicy: props.imagePullPolicy ?? kplus.ImagePullPolicy.IF_NOT_PRESENT,
      imagePullSecrets: (props.imagePullSecrets ?? []).map(({ name }, i) => objectName(`imagePullSecrets[${i}]`, name)),
      resources: props.resources,
      tolerations: props.tolerations ?? [],
      priorityClassName: props.priorityClassName === undefined ? undefined : objectName('priorityClassName', props.priorityClassName),
      configuration: this.configuration,
      configMaps: () => this.configMaps.map((configMap) => configMap.name),
      trust: this._trust,
      secretHeaders: this._secretHeaders,
    });
    if (pods.auto) {
      checkMeasurable(props.resources);
      this.addAutoscaler(pods.auto);
    }
    new kplus.k8s.KubePodDisruptionBudget(this, 'PodDisruptionBudget', {
      metadata: { name: this._name, labels: this._labels },
      spec: { maxUnavailable: kplus.k8s.IntOrString.fromNumber(1), selector: { matchLabels: this._selector } },
    });
    this.node.addValidation({ validate: () => this.oversized() });
    if (claim(this, 'validation', 'foreign services') === undefined) {
      this.node.addValidation({ validate: () => foreignServices(this) });
    }
  }

  /**
   * The routes in the order of their creation; a copy.
   */
  public get routes(): IEgressRoute[] {
    return [...this.routesByName.values()];
  }

  /**
   * Adds a route to an external system that speaks http or https.
   *
   * @param name name of the route and of its Service; unique in the namespace
   * @param options where it leads, and how
   */
  public addRoute(name: string, options: EgressRouteOptions): EgressRoute {
    serviceName('name', name);
    this.checkFree('route', name);
    const definition = new RouteDefinition(name, options, this);
    this.claimName('route', name, `${this.node.path}/${name}`);
    const route = EgressRoute._create(this, name, definition);
    const { shard, isNew } = this.configuration.add(definition);
    if (isNew) {
      this.configMaps.push(new HashedConfigMap(this, `Routes${shard}`, {
        prefix: `${this._name}-routes-${shard}`,
        labels: this._labels,
        texts: () => this.configuration.shard(shard),
      }));
    }
    this.routesByName.set(name, route);
    return route;
  }

  /** @internal */
  public _changed(): void {
    this.configuration.changed();
  }

  private addAutoscaler({ min, max, cpuUtilization }: Required<AutoScalingOptions>): void {
    new kplus.k8s.KubeHorizontalPodAutoscalerV2(this, 'HorizontalPodAutoscaler', {
      metadata: { name: this._name, labels: this._labels },
      spec: {
        minReplicas: min,
        maxReplicas: max,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: this._name },
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpuUtilization } } }],
      },
    });
  }

  /** Refuses a name that another of the same kind has in the namespace. */
  private checkFree(kind: string, name: string): void {
    const owner = ownerOf(this, this.scoped(kind), name);
    if (owner !== undefined) {
      const { namespace } = Chart.of(this);
      throw refuse('name', name, `"${owner}" has that name already${namespace ? ` in namespace ${namespace}` : ''}: give one of them another`);
    }
  }

  /** Takes a name that is unique in the namespace. */
  private claimName(kind: string, name: string, path: string): void {
    claim(this, this.scoped(kind), name, path);
  }

  private scoped(kind: string): string {
    return `${kind} in namespace ${Chart.of(this).namespace ?? ''}`;
  }

  private oversized(): string[] {
    return this.configMaps
      .map(({ name, annotationSize }) => ({ name, annotationSize }))
      .filter(({ annotationSize }) => annotationSize > LARGEST_OBJECT)
      .map(({ name, annotationSize }) => `ConfigMap ${name} has ${annotationSize} bytes, and plain 'kubectl apply' takes at most ${LARGEST_OBJECT}: its routes have too long texts`);
  }
}

function versionOf(tag: string | undefined, { image = DEFAULT_IMAGE, nginxVersion }: EgressProxyProps): NginxVersion {
  if (nginxVersion !== undefined) {
    return NginxVersion.parse('nginxVersion', nginxVersion, LOWEST_VERSION);
  }
  const version = versionInTag(tag);
  if (version === undefined) {
    throw refuse('nginxVersion', nginxVersion, `the tag of image "${image}" names no version: set it to the version in the image`);
  }
  return NginxVersion.parse('image', version, LOWEST_VERSION);
}

function checkResolvers(resolvers: string[] = [], version: NginxVersion): string[] {
  const addresses = resolvers.map((resolver, i) => {
    const { host, port, isName } = target(`resolvers[${i}]`, resolver, 53);
    if (isName) {
      throw refuse(`resolvers[${i}]`, resolver, 'the address of a DNS server is needed: its name could not be looked up');
    }
    return socketAddress(host, port);
  });
  checkUnique('resolvers', addresses);
  if (addresses.length > 0 && !version.has('upstreamResolve')) {
    throw refuse('resolvers', resolvers, `targets that are names need nginx ${NginxVersion.since('upstreamResolve')}, and the image has ${version.text}`);
  }
  return addresses;
}

/** The labels of the pool's nodes, and those that they must carry besides. */
function checkNodeSelector({ nodes, nodeSelector = {} }: EgressProxyProps): { [key: string]: string } {
  Object.entries(nodeSelector).forEach(([key, value]) => labelValue(`nodeSelector['${labelKey('nodeSelector', key)}']`, value));
  const [, other] = Object.entries(nodeSelector).find(([key]) => key === nodes.labelKey) ?? [];
  if (other !== undefined && other !== nodes.labelValue) {
    throw refuse(`nodeSelector['${nodes.labelKey}']`, other, `the nodes of the pool carry "${nodes.labelValue}": leave it out, or make a pool of that label`);
  }
  return { ...nodeSelector, ...nodes.nodeSelector };
}
