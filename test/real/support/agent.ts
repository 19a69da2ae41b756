import { HttpBackend, type Behaviour, type BackendOptions } from './backends';
import { raw, request, webSocketEcho } from './client';
import { load } from './load';
import { silentPort } from './silent-port';
import { TcpBackend, TcpBackendOptions } from './tcp-backend';

/** What the process that netns.ts starts inside a namespace does there on behalf of a test. Only data crosses. */
const backends = new Map<number, HttpBackend>();
const tcpBackends = new Map<number, TcpBackend>();
let count = 0;

function backend(id: number): HttpBackend {
  const found = backends.get(id);
  if (!found) {
    throw new Error(`no backend ${id}`);
  }
  return found;
}

const api = {
  request,
  raw,
  webSocketEcho,
  load,
  silentPort: async (address: string, port: number): Promise<number> => (await silentPort(address, port)).port,
  startBackend: async (options: BackendOptions): Promise<{ id: number; port: number }> => {
    const started = await HttpBackend.start(options);
    backends.set(++count, started);
    return { id: count, port: started.port };
  },
  backendState: (id: number) => {
    const { requests, connections, openConnections, h2cUpgrades, webSockets } = backend(id);
    return { requests, connections, openConnections, h2cUpgrades, webSockets };
  },
  setBehaviours: (id: number, behaviours: Readonly<Record<string, Behaviour>>): void => {
    backend(id).behaviours = behaviours;
  },
  stopBackend: (id: number): Promise<void> => backend(id).stop(),
  startTcpBackend: async (options: TcpBackendOptions): Promise<{ id: number; port: number }> => {
    const started = await TcpBackend.start(options);
    tcpBackends.set(++count, started);
    return { id: count, port: started.port };
  },
  tcpReceived: (id: number): string[] => tcpBackends.get(id)?.received ?? [],
};

export type AgentApi = typeof api;

export interface Call {
  readonly id: number;
  readonly name: keyof AgentApi;
  readonly values: readonly unknown[];
}

export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

if (require.main === module) {
  process.on('message', (call: Call) => {
    const work = api[call.name] as (...values: readonly unknown[]) => unknown;
    const send = (answer: Omit<Answer, 'id'>): void => void process.send?.({ id: call.id, ...answer });
    const fail = (error: Error): void => send({ error: error.stack ?? String(error) });
    Promise.resolve().then(() => work(...call.values)).then((value) => send({ value }), fail);
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ id: 0 });
}
