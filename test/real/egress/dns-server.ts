import { createSocket, Socket } from 'node:dgram';
import { atEnd } from '../support/cleanup';

/** A DNS server for tests: IPv4 addresses, each answer valid for one second. */
export class DnsServer {
  static async start(address: string): Promise<DnsServer> {
    const server = new DnsServer();
    atEnd(() => server.close());
    await new Promise<void>((done, fail) => server.socket.once('error', fail).bind(53, address, done));
    return server;
  }

  /** How often a name was asked for. */
  readonly questions = new Map<string, number>();
  /** Says nothing at all. */
  silent = false;
  private readonly names = new Map<string, string[]>();
  private readonly socket: Socket = createSocket('udp4');

  private constructor() {
    this.socket.on('message', (message, { address, port }) => {
      if (!this.silent) {
        this.socket.send(this.answer(message), port, address);
      }
    });
  }

  /** From now on the name has these addresses; with none it does not exist. */
  set(name: string, ...addresses: string[]): void {
    this.names.set(name, addresses);
  }

  close(): Promise<void> {
    return new Promise((done) => this.socket.close(done));
  }

  private answer(message: Buffer): Buffer {
    const labels: string[] = [];
    let at = 12;
    while (message[at] > 0) {
      labels.push(message.toString('latin1', at + 1, at + 1 + message[at]));
      at += message[at] + 1;
    }
    const name = labels.join('.').toLowerCase();
    const question = message.subarray(12, at + 5);
    const type = message.readUInt16BE(at + 1);
    this.questions.set(name, (this.questions.get(name) ?? 0) + 1);
    const addresses = this.names.get(name) ?? [];
    // type 1, A; others, such as AAAA, exist without an answer
    const records = (type === 1 ? addresses : []).map((address) =>
      Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...address.split('.').map(Number)]));
    const head = Buffer.alloc(12);
    message.copy(head, 0, 0, 2);
    // an answer, of this server, which asks others; 3: no such name
    head.writeUInt16BE(0x8180 | (addresses.length === 0 ? 3 : 0), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    return Buffer.concat([head, question, ...records]);
  }
}
