import { Backend } from '../../backend';
import { activeNodes } from '../pool-nodes';
import { HostHeader, Member, Upstream } from '../proxy/model';
import { fileOnMachine } from '../tls-sources';
import { upstreamTls } from '../proxy/upstream-tls';

const CONNECTIONS = 32;
/** The Ingress Controllers in use keep idle connections for 75 seconds and more. */
const INGRESS_KEEPALIVE = 30_000;
/** Many servers close idle connections after five seconds; a request on a connection that just closes is lost. */
const MACHINES_KEEPALIVE = 4_000;

/** The upstream of a backend. */
export function upstreamOf(backend: Backend, name: string, host: HostHeader, ingressMembers: Member[]): Upstream {
  const machines = backend._machines;
  if (!machines) {
    return { name, members: ingressMembers, keepaliveTimeout: INGRESS_KEEPALIVE, keepaliveConnections: CONNECTIONS };
  }
  const members = activeNodes('machines', machines.nodes).map((node) => ({ host: node.address, port: machines.port, note: node.name, weight: node.weight }));
  const tls = machines.tls && upstreamTls(machines.tls, host, (source) => fileOnMachine('tls', source));
  return { name, members, tls, keepaliveTimeout: MACHINES_KEEPALIVE, keepaliveConnections: CONNECTIONS };
}
