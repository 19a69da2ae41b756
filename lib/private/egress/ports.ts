import { createHash } from 'crypto';

/** Below the ports that Linux gives to outgoing connections (32768 and above), and above those that need a privilege. */
const FIRST_PORT = 10_000;
const PORTS = 20_000;

/** Where the pods say how they are. */
export const HEALTH_PORT = 8081;
export const HEALTH_PORT_NAME = 'health';

/**
 * The container ports of one proxy. Numbers come from the routes' names, so that a new route renumbers no other: a pod
 * of the old configuration never serves one external system on the port of another.
 */
export class ContainerPorts {
  private readonly taken = new Set<number>();

  /** The port of a route: by the hash of its name, or the next free one. */
  public allocate(route: string): number {
    if (this.taken.size === PORTS) {
      throw new Error(`a proxy has at most ${PORTS} routes`);
    }
    let offset = hash(route).readUInt32BE() % PORTS;
    while (this.taken.has(offset)) {
      offset = (offset + 1) % PORTS;
    }
    this.taken.add(offset);
    return FIRST_PORT + offset;
  }
}

/** The name of a route's container port, by which its Service finds it: at most 15 characters for Kubernetes. */
export function portName(route: string): string {
  return `r-${hash(route).toString('hex').slice(0, 10)}`;
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
