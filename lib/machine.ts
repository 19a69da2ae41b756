/**
 * A machine that has a name and an address.
 */
export interface Machine {
  /**
   * DNS name of the machine, such as `ingress.cluster.k8s`.
   *
   * The folder of a load balancer in the output is named after it.
   */
  readonly name: string;

  /**
   * IPv4 or IPv6 address, without a port.
   */
  readonly address: string;
}

/**
 * A machine as a member of a pool, or of a backend that the balancer spreads requests over.
 */
export interface PoolNode extends Machine {
  /**
   * Share of the traffic in relation to the other members: a node of weight 2 gets twice the requests of a node of weight 1.
   *
   * It becomes `weight` of nginx's `server` in the balancer's upstreams; the egress does not use it.
   *
   * @default 1
   */
  readonly weight?: number;

  /**
   * Takes the node out of all upstreams of the balancer, so that it gets no new requests; the egress does not use it.
   *
   * @default false
   */
  readonly drained?: boolean;
}
