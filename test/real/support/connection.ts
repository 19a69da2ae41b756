import { connect as connectTcp, Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';

export interface TlsOptions {
  /** SNI, and the name that the certificate must have; without it neither is sent nor checked. */
  readonly servername?: string;
  /** PEM text; without it every certificate is accepted. */
  readonly ca?: string;
  /** PEM texts of a client certificate. */
  readonly cert?: string;
  readonly key?: string;
  readonly alpn?: readonly string[];
}

export interface Target {
  /** Default 127.0.0.1. */
  readonly address?: string;
  readonly port: number;
  /** Address of this side: 127.0.0.x makes several clients of one machine. */
  readonly localAddress?: string;
  readonly tls?: TlsOptions;
  /** Bytes before everything else, TLS included: a PROXY protocol line. */
  readonly preamble?: string | Buffer;
  /** For connecting and for each answer; default 10 s. */
  readonly timeoutMs?: number;
}

/** An error with a code that tests compare: ECONNRESET, TIMEOUT, TRUNCATED, … */
export class ClientError extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

/** A TCP or TLS connection whose bytes are read on demand. */
export class Connection {
  static async open(target: Target): Promise<Connection> {
    const connection = new Connection(target.timeoutMs ?? 10_000);
    await connection.within(connection.connect(target), 'connecting');
    return connection;
  }

  socket!: Socket;
  private buffer: Buffer = Buffer.alloc(0);
  private ended = false;
  private failure: Error | undefined;
  private wake: (() => void) | undefined;

  private constructor(private readonly timeoutMs: number) {}

  write(bytes: string | Buffer): void {
    if (!this.socket.destroyed) {
      this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    }
  }

  close(): void {
    this.socket.destroy();
  }

  /** Closes with RST, as a client that is killed. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Up to and including the mark, which must come. */
  async readUntil(mark: string): Promise<Buffer> {
    await this.fill(() => this.buffer.includes(mark), `"${mark.trim()}"`);
    return this.take(this.buffer.indexOf(mark) + mark.length);
  }

  async readBytes(count: number): Promise<Buffer> {
    await this.fill(() => this.buffer.length >= count, `${count} bytes`);
    return this.take(count);
  }

  /** What is there, at least one byte; nothing at the end of the connection. */
  async readSome(): Promise<Buffer> {
    await this.fill(() => this.buffer.length > 0 || this.ended, 'data');
    return this.take(this.buffer.length);
  }

  async readToEnd(): Promise<Buffer> {
    await this.fill(() => this.ended, 'the end of the connection');
    return this.take(this.buffer.length);
  }

  /** What came so far, without waiting. */
  take(count = this.buffer.length): Buffer {
    const taken = this.buffer.subarray(0, count);
    this.buffer = this.buffer.subarray(count);
    return taken;
  }

  private async connect(target: Target): Promise<void> {
    const tcp = connectTcp({ host: target.address ?? '127.0.0.1', port: target.port, localAddress: target.localAddress, noDelay: true });
    this.watch(tcp);
    this.socket = tcp;
    await this.event(tcp, 'connect');
    if (target.preamble) {
      this.write(target.preamble);
    }
    const { tls } = target;
    if (tls) {
      const secure: TLSSocket = connectTls({
        socket: tcp, servername: tls.servername, ca: tls.ca, cert: tls.cert, key: tls.key, rejectUnauthorized: tls.ca !== undefined,
        ...(tls.alpn ? { ALPNProtocols: [...tls.alpn] } : {}),
        ...(tls.servername === undefined ? { checkServerIdentity: () => undefined } : {}),
      });
      this.watch(secure);
      this.socket = secure;
      await this.event(secure, 'secureConnect');
    }
    // http2 reads by itself
    if (!tls?.alpn?.includes('h2')) {
      this.socket.on('data', (data: Buffer) => {
        this.buffer = this.buffer.length === 0 ? data : Buffer.concat([this.buffer, data]);
        this.wake?.();
      });
    }
  }

  private watch(socket: Socket): void {
    socket.on('error', (error) => {
      this.failure ??= error;
      this.wake?.();
    });
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.ended = true;
        this.wake?.();
      });
    }
  }

  private event(socket: Socket, name: string): Promise<void> {
    return new Promise((done, fail) => {
      socket.once(name, done);
      socket.once('error', fail);
      socket.once('close', () => fail(new ClientError('CLOSED', `closed before ${name}`)));
    });
  }

  private async fill(enough: () => boolean, what: string): Promise<void> {
    const waiting = (async () => {
      while (!enough()) {
        if (this.failure) {
          throw this.failure;
        }
        if (this.ended) {
          throw new ClientError('TRUNCATED', `the connection ended before ${what}; so far: ${this.buffer.toString('latin1', 0, 200)}`);
        }
        await new Promise<void>((done) => this.wake = done);
      }
    })();
    await this.within(waiting, `waiting for ${what}`);
  }

  private async within(work: Promise<void>, what: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, fail) => {
      timer = setTimeout(() => {
        this.close();
        fail(new ClientError('TIMEOUT', `${what}: more than ${this.timeoutMs} ms`));
      }, this.timeoutMs);
    });
    try {
      await Promise.race([work, tooLate]);
    } finally {
      clearTimeout(timer);
      work.catch(() => undefined);
    }
  }
}
