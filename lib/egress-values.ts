import { readFileSync } from 'fs';
import { ApiObject, JsonPatch } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { EgressProxy } from './egress-proxy';
import { NodePool } from './node-pool';
import { refuse } from './private/refuse';
import { ChartValues, readChartValues } from './private/values/chart-values';
import { Item } from './private/values/reader';
import { Scaling } from './scaling';
import { Scheme } from './scheme';
import { UpstreamTls } from './upstream-tls';

/**
 * What was read from a values.yaml, item by item.
 */
export interface ValuesFinding {
  /**
   * Where in the file: `routers[2].options.readTimeout`.
   */
  readonly path: string;

  /**
   * What was found, and what was done.
   */
  readonly message: string;

  /**
   * Whether something in the file is not carried over as it was.
   */
  readonly changed: boolean;
}

/**
 * Options of a proxy that is made from values.
 */
export interface EgressValuesOptions {
  /**
   * The nodes for which the firewall is open.
   */
  readonly nodes: NodePool;

  /**
   * TLS towards the targets of https routers, none of which the chart verified.
   *
   * @default UpstreamTls.verified()
   */
  readonly tls?: UpstreamTls;

  /**
   * DNS servers for targets that are names; they need nginx 1.27.3.
   *
   * @default - names are refused
   */
  readonly resolvers?: string[];
}

/** By which the chart kept the pods of each namespace on nodes of their own. */
const NAMESPACE_LABEL = 'node.kubernetes.io/namespace';

/**
 * The values.yaml of the Helm chart that an egress proxy replaces.
 *
 * Nothing in the file is dropped silently: what is not carried over as it was is a finding, and what cannot be carried over
 * is an error with its line.
 */
export class EgressValues {
  /**
   * Reads and checks a file.
   *
   * @param path path of the values.yaml
   */
  public static fromFile(path: string): EgressValues {
    const { root, report } = Item.parse(readFileSync(path, 'utf8'));
    const values = report.problems.length === 0 ? readChartValues(root) : undefined;
    if (!values || report.problems.length > 0) {
      const problems = [...report.problems].sort((a, b) => a.line - b.line).map(({ line, message }) => `  line ${line}: ${message}`);
      throw new Error(`${path} cannot be carried over:\n${problems.join('\n')}`);
    }
    return new EgressValues(values, report.findings);
  }

  private constructor(private readonly values: ChartValues, private readonly found: ValuesFinding[]) {}

  /**
   * Everything noteworthy, in the order in which it was found; what `createProxy` has to add is there after its call. A copy.
   */
  public get findings(): ValuesFinding[] {
    return this.found.map((finding) => ({ ...finding }));
  }

  /**
   * The same proxy as a construct.
   *
   * @param scope the construct that the proxy belongs to
   * @param id its id
   * @param options its nodes, and what the chart did not have
   */
  public createProxy(scope: Construct, id: string, options: EgressValuesOptions): EgressProxy {
    const { values } = this;
    this.checkNames(options);
    const proxy = new EgressProxy(scope, id, {
      nodes: options.nodes,
      image: values.image,
      imagePullPolicy: values.imagePullPolicy,
      imagePullSecrets: values.pullSecrets.map((name, i) => kplus.Secret.fromSecretName(scope, `${id}-pull-secret-${i}`, name)),
      resources: values.resources,
      scaling: this.scaling(options.nodes.nodes.length),
      maintenance: values.maintenance,
      tolerations: values.tolerations,
      nodeSelector: this.nodeSelector(options.nodes),
      resolvers: options.resolvers,
    });
    for (const { name, scheme, host, targets, options: handling } of values.routes) {
      proxy.addRoute(name, { ...handling, scheme, host, targets, tls: scheme === Scheme.HTTPS ? options.tls : undefined });
    }
    this.addAffinity(proxy);
    return proxy;
  }

  private checkNames({ resolvers }: EgressValuesOptions): void {
    const named = this.values.routes.find((route) => route.names.length > 0);
    if (named && !resolvers) {
      throw refuse('resolvers', resolvers, `'${named.path}.targets' (line ${named.line}) has the name ${named.names[0]}: set it to the DNS servers that know it, or use addresses`);
    }
  }

  private scaling(nodes: number): Scaling {
    const { autoscaling } = this.values;
    if (!autoscaling) {
      return Scaling.perNode();
    }
    const { max = nodes, min = Math.min(2, max, nodes), cpuUtilization } = autoscaling;
    this.capped('autoscaling.minReplicas', min, nodes);
    this.capped('autoscaling.maxReplicas', max, nodes);
    return Scaling.auto({ min: Math.min(min, nodes), max: Math.min(max, nodes), cpuUtilization });
  }

  private capped(path: string, replicas: number, nodes: number): void {
    if (replicas > nodes) {
      this.find({ path, message: `two pods never run on one node, and the pool has ${nodes}: ${replicas} becomes ${nodes}`, changed: true });
    }
  }

  private nodeSelector(nodes: NodePool): { [key: string]: string } {
    const { [nodes.labelKey]: label, ...others } = this.values.nodeSelector;
    if (label !== undefined && label !== nodes.labelValue) {
      throw refuse('nodes', `${nodes.labelKey}=${nodes.labelValue}`, `'nodeSelector' of the file asks for ${nodes.labelKey}=${label}: make a pool of that label`);
    }
    if (label === undefined) {
      this.find({ path: 'nodeSelector', message: `the pods are pinned to the nodes of the pool, ${nodes.labelKey}=${nodes.labelValue}, too`, changed: true });
    }
    if (others[NAMESPACE_LABEL] === undefined) {
      this.find({
        path: 'nodeSelector',
        message: `the chart used nodes with the label ${NAMESPACE_LABEL}=<namespace> only; the pool decides now: where it has nodes of other namespaces, add that label to the file`,
        changed: true,
      });
    }
    return others;
  }

  private addAffinity(proxy: EgressProxy): void {
    const entries = Object.entries(this.values.affinity);
    const path = '/spec/template/spec/affinity';
    if (entries.length > 0) {
      // with one pod the proxy has no rule of its own, and a patch does not make the field
      const patches = proxy._mostPods > 1 ? entries.map(([kind, rule]) => JsonPatch.add(`${path}/${kind}`, rule)) : [JsonPatch.add(path, this.values.affinity)];
      ApiObject.of(proxy.deployment).addJsonPatch(...patches);
    }
  }

  /** Adds a finding, once however many proxies are made. */
  private find(finding: ValuesFinding): void {
    if (!this.found.some(({ path, message }) => path === finding.path && message === finding.message)) {
      this.found.push(finding);
    }
  }
}
