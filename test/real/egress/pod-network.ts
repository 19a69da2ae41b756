import { execFileSync } from 'node:child_process';
import { atEnd } from '../support/cleanup';
import { attempt, ip, isAlive, namespaces, removeNamespace } from '../support/ip';

/** Reserved for tests of network devices (RFC 2544), so nobody's network is hidden: 198.18.0.0/15, here 512 networks of 256 addresses. */
const NETWORKS = 512;
const PODS = 200;
const PREFIX = 'gatehouse';

/** A pod's place in the network. */
export interface PodPlace {
  readonly namespace: string;
  readonly address: string;
  readonly address6: string;
}

/**
 * The network of some pods: a bridge of this machine, so that external systems, clients and kube-proxy run in the test itself. The
 * addresses 1 to 99 are this machine's; each pod has a network namespace with an address from 201 on, and nothing but this network.
 */
export class PodNetwork {
  static create(): PodNetwork {
    sweep();
    for (let i = 0; i < NETWORKS; i++) {
      const number = (process.pid + i) % NETWORKS;
      if (take(number)) {
        const network = new PodNetwork(number);
        atEnd(() => network.close());
        network.build();
        return network;
      }
    }
    throw new Error('no network is free');
  }

  private readonly bridge: string;
  private readonly namespaces: string[] = [];

  private constructor(private readonly number: number) {
    this.bridge = bridgeName(number);
  }

  /** An address of this machine, by its number from 1 to 99: of external systems, or of Services. */
  address(n: number): string {
    return `198.${18 + (this.number >> 8)}.${this.number & 255}.${n}`;
  }

  /** The same in IPv6. */
  address6(n: number): string {
    return `fdc6:18:${this.number.toString(16)}::${n.toString(16)}`;
  }

  /** A network namespace with an address, for a pod. */
  attach(): PodPlace {
    const n = this.namespaces.length + 1;
    const namespace = `${PREFIX}-${process.pid}-pod${this.number}-${n}`;
    const port = `${this.bridge}-${n}`;
    const address = this.address(PODS + n);
    this.namespaces.push(namespace);
    ip('', [`netns add ${namespace}`, `link add ${port} type veth peer name eth0 netns ${namespace}`, `link set ${port} master ${this.bridge} up`]);
    ip(namespace, [
      'link set lo up',
      `address add ${address}/24 dev eth0`,
      `address add ${this.address6(PODS + n)}/64 dev eth0 nodad`,
      'link set eth0 up',
    ]);
    return { namespace, address, address6: this.address6(PODS + n) };
  }

  /** The interface goes with the namespace. */
  detach({ namespace }: PodPlace): void {
    removeNamespace(namespace);
  }

  close(): void {
    this.namespaces.forEach(removeNamespace);
    removeBridge(this.bridge);
  }

  private build(): void {
    const numbers = Array.from({ length: 99 }, (_, i) => i + 1);
    ip('', [
      ...numbers.map((n) => `address add ${this.address(n)}/24 dev ${this.bridge}`),
      ...numbers.slice(0, 9).map((n) => `address add ${this.address6(n)}/64 dev ${this.bridge} nodad`),
      `link set ${this.bridge} up`,
    ]);
  }
}

/** The name of the bridge says which network it is, so only one process can have it; the alias says which process that is. */
function take(number: number): boolean {
  try {
    ip('', [`link add ${bridgeName(number)} type bridge`]);
  } catch (error) {
    if (String(error).includes('File exists')) {
      return false;
    }
    throw new Error('Tests with pods need network namespaces: root (CAP_NET_ADMIN, CAP_SYS_ADMIN), the ip command (Debian: apt-get install iproute2), '
      + `and veth and bridge in the kernel.\n${String(error)}`);
  }
  // a fixed address of the bridge: else it is that of one of its ports, and changes with them
  const mac = `02:00:00:00:${(number >> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}`;
  ip('', [`link set ${bridgeName(number)} alias ${PREFIX}-${process.pid} address ${mac}`]);
  return true;
}

function bridgeName(number: number): string {
  return `gh${number}`;
}

/** What a killed test run left behind; its namespaces are swept by netns.ts, or here with their bridge. */
function sweep(): void {
  const links = JSON.parse(execFileSync('ip', ['-json', 'link', 'show', 'type', 'bridge'], { encoding: 'utf8' }) || '[]') as { ifname: string; ifalias?: string }[];
  for (const { ifname, ifalias } of links) {
    const owner = new RegExp(`^${PREFIX}-(\\d+)$`).exec(ifalias ?? '')?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) {
      const mine = new RegExp(`^${PREFIX}-${owner}-pod`);
      namespaces().filter((name) => mine.test(name)).forEach(removeNamespace);
      removeBridge(ifname);
    }
  }
}

function removeBridge(name: string): void {
  attempt(['link', 'delete', name]);
}
