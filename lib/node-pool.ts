import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { PoolNode } from './machine';
import { labelKey, labelValue } from './private/kubernetes/grammar';
import { addNodeSelector } from './private/kubernetes/node-selector';
import { checkPoolNodes } from './private/pool-nodes';

/**
 * Options of the two well-known pools.
 */
export interface NodePoolOptions {
  /**
   * The nodes; at least one, each name and each address once.
   */
  readonly nodes: PoolNode[];
}

/**
 * Props of a pool with a label of its own.
 */
export interface NodePoolProps extends NodePoolOptions {
  /**
   * Key of the label that the nodes of the pool carry.
   */
  readonly labelKey: string;

  /**
   * Value of the label.
   *
   * @default 'enabled'
   */
  readonly labelValue?: string;
}

/**
 * Nodes that carry one label.
 *
 * The label decides where pods run; the addresses are those that a load balancer sends requests to and that firewall
 * requests name. Nothing labels the nodes: `kubectl label node node1.cluster.k8s cluster.k8s/egress=enabled` does.
 */
export class NodePool extends Construct {
  /**
   * The nodes on which the Ingress Controller runs: `cluster.k8s/ingress=enabled`.
   *
   * @param scope the construct that the pool belongs to
   * @param id its id
   * @param options its nodes
   */
  public static ingress(scope: Construct, id: string, options: NodePoolOptions): NodePool {
    return new NodePool(scope, id, { ...options, labelKey: 'cluster.k8s/ingress' });
  }

  /**
   * The nodes for which the firewall is open: `cluster.k8s/egress=enabled`.
   *
   * @param scope the construct that the pool belongs to
   * @param id its id
   * @param options its nodes
   */
  public static egress(scope: Construct, id: string, options: NodePoolOptions): NodePool {
    return new NodePool(scope, id, { ...options, labelKey: 'cluster.k8s/egress' });
  }

  /**
   * Key of the label that the nodes carry.
   */
  public readonly labelKey: string;

  /**
   * Value of the label.
   */
  public readonly labelValue: string;

  private readonly _nodes: PoolNode[];

  /**
   * @param scope the construct that the pool belongs to
   * @param id its id
   * @param props its nodes and their label
   */
  constructor(scope: Construct, id: string, props: NodePoolProps) {
    super(scope, id);
    this.labelKey = labelKey('labelKey', props.labelKey);
    this.labelValue = labelValue('labelValue', props.labelValue ?? 'enabled');
    this._nodes = checkPoolNodes('nodes', props.nodes);
  }

  /**
   * The nodes; a copy.
   */
  public get nodes(): PoolNode[] {
    return this._nodes.map((node) => ({ ...node }));
  }

  /**
   * The pool as a `nodeSelector`, for everything that is no workload of cdk8s-plus-28: values of a Helm chart, raw objects.
   */
  public get nodeSelector(): { [key: string]: string } {
    return { [this.labelKey]: this.labelValue };
  }

  /**
   * Pins a workload to the nodes of the pool.
   *
   * It becomes a `nodeSelector` of the pods, which narrows whatever affinity the workload has.
   *
   * @param workload the workload, such as an API gateway's Deployment
   */
  public attract(workload: kplus.Workload): void {
    addNodeSelector(workload, this.nodeSelector);
  }
}
