import { AddressInfo, createServer, Server, Socket } from 'node:net';
import { atEnd } from './cleanup';

export interface TcpBackendOptions {
  readonly address?: string;
  readonly port?: number;
  /** Sent to every connection at once. */
  readonly greeting?: string;
  /** Send back what comes; default true. */
  readonly echo?: boolean;
}

/** A server of plain bytes: what stream proxies and PROXY protocol lines are tested with. */
export class TcpBackend {
  static async start(options: TcpBackendOptions = {}): Promise<TcpBackend> {
    const backend = new TcpBackend(options);
    atEnd(() => backend.stop());
    await new Promise<void>((done, fail) => {
      backend.server.once('error', fail);
      backend.server.listen(options.port ?? 0, backend.address, done);
    });
    return backend;
  }

  readonly address: string;
  /** What each connection sent so far, as latin1. */
  readonly received: string[] = [];
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor({ address = '127.0.0.1', greeting, echo = true }: TcpBackendOptions) {
    this.address = address;
    this.server = createServer((socket) => {
      const index = this.received.push('') - 1;
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      socket.on('data', (data) => {
        this.received[index] += data.toString('latin1');
        if (echo) {
          socket.write(data);
        }
      });
      if (greeting !== undefined) {
        socket.write(greeting);
      }
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    if (this.server.listening) {
      const closed = new Promise((done) => this.server.close(done));
      this.sockets.forEach((socket) => socket.destroy());
      await closed;
    }
  }
}
