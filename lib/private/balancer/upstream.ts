import { Backend } from '../../backend';
import { PoolNode } from '../../machine';
import { activeNodes } from '../pool-nodes';
import { CAUTIOUS_KEEPALIVE, HostHeader, Member, Upstream } from '../proxy/model';
import { upstreamTls } from '../proxy/upstream-tls';
import { MACHINE_FILES } from '../tls-sources';

const CONNECTIONS = 32;
/** The Ingress Controllers in use keep idle connections for 75 seconds and more. */
const INGRESS_KEEPALIVE = 30_000;

/** The upstream of a backend. */
export function upstreamOf(backend: Backend, name: string, host: HostHeader, ingressMembers: Member[]): Upstream {
  const machines = backend._machines;
  if (!machines) {
    return { name, members: ingressMembers, isIngress: true, keepaliveTimeout: INGRESS_KEEPALIVE, keepaliveConnections: CONNECTIONS };
  }
  const members = membersOf(activeNodes('machines', machines.nodes), machines.port);
  const tls = machines.tls && upstreamTls(machines.tls, host, MACHINE_FILES);
  return { name, members, tls, keepaliveTimeout: CAUTIOUS_KEEPALIVE, keepaliveConnections: CONNECTIONS };
}

/** Nodes as members of an upstream. */
export function membersOf(nodes: PoolNode[], port: number): Member[] {
  return nodes.map(({ name, address, weight }) => ({ host: address, port, note: name, weight }));
}
