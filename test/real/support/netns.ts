import { ChildProcess, execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { AgentApi, Answer, Call } from './agent';
import { BackendOptions, Behaviour } from './backends';
import { atEnd } from './cleanup';
import type { RawOptions, RequestOptions, Response } from './client';
import { ip, isAlive, namespaces, removeNamespace } from './ip';
import type { LoadOptions, LoadResult } from './load';
import type { TcpBackendOptions } from './tcp-backend';

const PREFIX = 'gatehouse';
type Result<K extends keyof AgentApi> = Promise<Awaited<ReturnType<AgentApi[K]>>>;

/** Whether this machine lets the tests make network namespaces. */
export function available(): boolean {
  return problem() === undefined;
}

let checked: { problem: string | undefined } | undefined;

function problem(): string | undefined {
  if (checked) {
    return checked.problem;
  }
  const name = `${PREFIX}-${process.pid}-check`;
  checked = { problem: undefined };
  try {
    ip('', [`netns add ${name}`]);
    ip(name, ['link add br0 type bridge', 'link add port1 type veth peer name port2']);
  } catch (error) {
    checked = { problem: String(error) };
  } finally {
    removeNamespace(name);
  }
  return checked.problem;
}

/**
 * Machines on one switch, each a network namespace with eth0. The machine that the tests run on has no part in it, so
 * any address can be used. A test without namespaces fails: it proves something that nothing else does.
 */
export class Network {
  private static count = 0;

  /** Name → address with prefix length ('10.10.20.2/16'), one or several; all on the same network. */
  static create(hosts: Readonly<Record<string, string | readonly string[]>>): Network {
    const reason = problem();
    if (reason !== undefined) {
      throw new Error('Tests with their own addresses need network namespaces: root (CAP_NET_ADMIN, CAP_SYS_ADMIN), the ip command '
        + `(Debian: apt-get install iproute2), and veth and bridge in the kernel.\n${reason}`);
    }
    sweep();
    const network = new Network(hosts);
    atEnd(() => network.close());
    network.build();
    return network;
  }

  private readonly hosts: Host[];
  private readonly bridge: string;

  private constructor(hosts: Readonly<Record<string, string | readonly string[]>>) {
    const prefix = `${PREFIX}-${process.pid}-${++Network.count}`;
    this.bridge = `${prefix}-switch`;
    this.hosts = Object.entries(hosts).map(([name, addresses], index) =>
      new Host(name, `${prefix}-${name}`, ([] as string[]).concat(addresses), index + 1, this.bridge));
  }

  host(name: string): Host {
    const found = this.hosts.find((host) => host.name === name);
    if (!found) {
      throw new Error(`no host ${name}, only ${this.hosts.map((host) => host.name).join(', ')}`);
    }
    return found;
  }

  close(): void {
    for (const host of this.hosts) {
      host.close();
      removeNamespace(host.namespace);
    }
    removeNamespace(this.bridge);
  }

  private build(): void {
    ip('', [
      `netns add ${this.bridge}`,
      ...this.hosts.flatMap(({ namespace, mac, port }) => [
        `netns add ${namespace}`,
        `link add eth0 address ${mac} netns ${namespace} type veth peer name ${port} netns ${this.bridge}`,
      ]),
    ]);
    ip(this.bridge, ['link add br0 type bridge', 'link set br0 up', ...this.hosts.flatMap(({ port }) => [`link set ${port} master br0 up`])]);
    for (const host of this.hosts) {
      const others = this.hosts.filter((other) => other !== host);
      ip(host.namespace, [
        'link set lo up',
        'link set eth0 up',
        ...host.addresses.map((address) => `address add ${address} dev eth0${address.includes(':') ? ' nodad' : ''}`),
        // a fixed table instead of ARP: a dropped host is silent, never "no route to host"
        ...others.flatMap(({ addresses, mac }) => addresses.map((address) =>
          `neigh add ${address.split('/')[0]} lladdr ${mac} dev eth0 nud permanent`)),
      ]);
    }
  }
}

/** One machine of a network. Requests and backends of a host run in a process of its own there, started when first needed. */
export class Host {
  /** The first address, without its prefix length. */
  readonly address: string;
  readonly mac: string;
  /** The name of its port on the switch. */
  readonly port: string;
  private agent: Promise<Agent> | undefined;
  private readonly children: ChildProcess[] = [];

  constructor(
    readonly name: string,
    readonly namespace: string,
    readonly addresses: readonly string[],
    index: number,
    private readonly bridge: string,
  ) {
    this.address = addresses[0].split('/')[0];
    this.mac = `02:00:00:00:00:${index.toString(16).padStart(2, '0')}`;
    this.port = `port${index}`;
  }

  /** Runs a command to its end; its standard output. */
  exec(command: string, ...words: string[]): string {
    return execFileSync('ip', ['netns', 'exec', this.namespace, command, ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** A process in the namespace; ended with the network. */
  spawn(command: string, ...words: string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.namespace, 'setpriv', '--pdeathsig=KILL', '--', command, ...words], { stdio: 'inherit' });
    this.children.push(child);
    return child;
  }

  /** A TypeScript program in the namespace. */
  script(path: string, ...words: string[]): ChildProcess {
    return this.spawn(process.execPath, '-r', require.resolve('tsx/cjs'), path, ...words);
  }

  /** From now on packets to and from it are dropped, connections that exist included. */
  drop(): void {
    ip(this.bridge, [`link set ${this.port} down`]);
  }

  restore(): void {
    ip(this.bridge, [`link set ${this.port} up`]);
  }

  request(options: RequestOptions): Promise<Response> {
    return this.call('request', options);
  }

  raw(address: string, port: number, bytes: string | Buffer, options: RawOptions = {}): Promise<string> {
    return this.call('raw', address, port, bytes, options);
  }

  webSocketEcho(...values: Parameters<AgentApi['webSocketEcho']>): Result<'webSocketEcho'> {
    return this.call('webSocketEcho', ...values);
  }

  load(options: LoadOptions): Promise<LoadResult> {
    return this.call('load', options);
  }

  /** Default address: its first one. */
  async backend(options: BackendOptions): Promise<RemoteBackend> {
    const { id, port } = await this.call('startBackend', { address: this.address, ...options });
    return new RemoteBackend(this, id, port);
  }

  async tcpBackend(options: TcpBackendOptions = {}): Promise<{ port: number; received: () => Promise<string[]> }> {
    const { id, port } = await this.call('startTcpBackend', { address: this.address, ...options });
    return { port, received: () => this.call('tcpReceived', id) };
  }

  silentPort(port: number): Promise<number> {
    return this.call('silentPort', this.address, port);
  }

  async call<K extends keyof AgentApi>(name: K, ...values: Parameters<AgentApi[K]>): Result<K> {
    this.agent ??= Agent.start(this);
    return await (await this.agent).call(name, values) as Awaited<ReturnType<AgentApi[K]>>;
  }

  close(): void {
    this.children.forEach((child) => child.kill('SIGKILL'));
    void this.agent?.then((agent) => agent.close(), () => undefined);
  }
}

/** A backend of a host. */
export class RemoteBackend {
  constructor(private readonly host: Host, private readonly id: number, readonly port: number) {}

  /** What it received so far, and its counters. */
  state(): Result<'backendState'> {
    return this.host.call('backendState', this.id);
  }

  behave(behaviours: Readonly<Record<string, Behaviour>>): Promise<void> {
    return this.host.call('setBehaviours', this.id, behaviours);
  }

  stop(): Promise<void> {
    return this.host.call('stopBackend', this.id);
  }
}

/** The process in a host's namespace. */
class Agent {
  static start({ namespace }: Host): Promise<Agent> {
    const words = [process.execPath, '-r', require.resolve('tsx/cjs'), join(__dirname, 'agent.ts')];
    const child = spawn('ip', ['netns', 'exec', namespace, ...words], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' });
    return new Promise((done, fail) => {
      const agent = new Agent(child);
      child.once('message', () => done(agent));
      child.once('error', fail);
      child.once('exit', (code) => fail(new Error(`the helper process in ${namespace} ended with ${code}`)));
    });
  }

  private readonly waiting = new Map<number, { done: (value: unknown) => void; fail: (error: Error) => void }>();
  private count = 0;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', ({ id, value, error }: Answer) => {
      const caller = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) {
        caller?.done(value);
      } else {
        caller?.fail(new Error(error));
      }
    });
    child.on('exit', () => this.waiting.forEach(({ fail }) => fail(new Error('the helper process ended'))));
  }

  call(name: keyof AgentApi, values: readonly unknown[]): Promise<unknown> {
    const call: Call = { id: ++this.count, name, values };
    return new Promise((done, fail) => {
      this.waiting.set(call.id, { done, fail });
      this.child.send(call);
    });
  }

  close(): void {
    this.child.kill('SIGKILL');
  }
}

/** What a killed test run left behind. */
function sweep(): void {
  for (const name of namespaces()) {
    const owner = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) {
      removeNamespace(name);
    }
  }
}
