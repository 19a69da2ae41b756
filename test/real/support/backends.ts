import { createHash } from 'node:crypto';
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { AddressInfo, Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { atEnd } from './cleanup';
import { acceptWebSocket, echoFrames } from './web-socket';

/** What arrived; the body of every answer that is not scripted is this as JSON. */
export interface Received {
  /** The name of the backend. */
  readonly server: string;
  readonly method: string;
  readonly url: string;
  /** `1.1` */
  readonly httpVersion: string;
  /** In order, with the case that was sent, duplicates included. */
  readonly headers: (readonly [name: string, value: string])[];
  readonly bodyLength: number;
  readonly sha256: string;
  /** Counts the connections of the backend, from 1. */
  readonly connectionId: number;
  readonly remoteAddress: string;
  readonly tls?: { readonly servername: string | false; readonly clientCertSubject?: string };
  /** Milliseconds since the backend started. */
  readonly at: number;
}

/** What a backend does instead of answering 200 with what it received; plain data, so that it can cross to another process. */
export interface Behaviour {
  /** After the body has been read. */
  readonly delayMs?: number;
  readonly status?: number;
  /** Duplicates are kept. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** A number: that many bytes. */
  readonly body?: string | number;
  /** Sends the body in that many parts with a pause before each. */
  readonly parts?: number;
  readonly partDelayMs?: number;
  /** `reset`: no answer at all; `close`: ends the connection without an answer; `truncate`: half of the announced body. */
  readonly abort?: 'reset' | 'close' | 'truncate';
  /** Reads the request, never answers. */
  readonly silent?: boolean;
  /** Answers without reading the body. */
  readonly early?: boolean;
}

export interface BackendOptions {
  readonly name: string;
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** PEM texts; with `ca` the client must show a certificate of it. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  /** By path without query; `*` for all others. */
  readonly behaviours?: Readonly<Record<string, Behaviour>>;
  /** Decides by what arrived, before `behaviours`; undefined: they do. Not in another process. */
  readonly handler?: (received: Received) => Behaviour | undefined;
  /** Idle connections are closed after that long; default 60 s. */
  readonly keepAliveMs?: number;
}

/** An HTTP server for tests. It speaks WebSocket (echo) on every path, and tunnels h2c, so that smuggling is seen. */
export class HttpBackend {
  static async start(options: BackendOptions): Promise<HttpBackend> {
    const backend = new HttpBackend(options);
    atEnd(() => backend.stop());
    await new Promise<void>((done, fail) => {
      backend.server.once('error', fail);
      backend.server.listen(options.port ?? 0, backend.address, done);
    });
    return backend;
  }

  readonly name: string;
  readonly address: string;
  readonly requests: Received[] = [];
  /** Upgrades to h2c that arrived here: none may. */
  h2cUpgrades = 0;
  webSockets = 0;
  /** How many connections were ever opened. */
  connections = 0;
  behaviours: Readonly<Record<string, Behaviour>>;
  private readonly handler: BackendOptions['handler'];
  private readonly server: Server;
  private readonly open = new Map<Duplex, number>();
  private readonly started = Date.now();

  private constructor(options: BackendOptions) {
    this.name = options.name;
    this.address = options.address ?? '127.0.0.1';
    this.behaviours = options.behaviours ?? {};
    this.handler = options.handler;
    const http = { keepAliveTimeout: options.keepAliveMs ?? 60_000, maxHeaderSize: 1 << 20, requestTimeout: 0, noDelay: true };
    this.server = options.tls
      ? createTlsServer({ ...http, ...options.tls, requestCert: options.tls.ca !== undefined, rejectUnauthorized: options.tls.ca !== undefined })
      : createServer(http);
    this.server.on(options.tls ? 'secureConnection' : 'connection', (socket: Socket) => this.connected(socket));
    this.server.on('request', (request, response) => void this.answer(request, response));
    this.server.on('upgrade', (request, socket) => void this.upgrade(request, socket));
    this.server.on('clientError', (_, socket) => socket.destroy());
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Connections that are open now. */
  get openConnections(): number {
    return this.open.size;
  }

  /** Like a killed process: the port refuses, open connections are reset. */
  async stop(): Promise<void> {
    if (!this.server.listening) {
      return;
    }
    const closed = new Promise((done) => this.server.close(done));
    for (const socket of this.open.keys()) {
      socket.destroy();
    }
    await closed;
  }

  private connected(socket: Socket): void {
    this.open.set(socket, ++this.connections);
    socket.on('close', () => this.open.delete(socket));
    socket.on('error', () => socket.destroy());
  }

  private async receive(request: IncomingMessage, withBody: boolean): Promise<Received> {
    const headers = request.rawHeaders.flatMap((name, index, all): [string, string][] => index % 2 === 0 ? [[name, all[index + 1]]] : []);
    const hash = createHash('sha256');
    let bodyLength = 0;
    if (withBody) {
      for await (const part of request) {
        hash.update(part as Buffer);
        bodyLength += (part as Buffer).length;
      }
    }
    const { socket } = request;
    const received: Received = {
      server: this.name,
      method: request.method ?? '',
      url: request.url ?? '',
      httpVersion: request.httpVersion,
      headers,
      bodyLength,
      sha256: hash.digest('hex'),
      connectionId: this.open.get(socket) ?? 0,
      remoteAddress: socket.remoteAddress ?? '',
      ...(socket instanceof TLSSocket ? { tls: describeTls(socket) } : {}),
      at: Date.now() - this.started,
    };
    this.requests.push(received);
    return received;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let behaviour = this.behaviours[(request.url ?? '').split('?')[0]] ?? this.behaviours['*'] ?? {};
    let received: Received;
    try {
      received = await this.receive(request, !behaviour.early);
      behaviour = this.handler?.(received) ?? behaviour;
    } catch {
      return; // the client went away within the body
    }
    if (behaviour.delayMs) {
      await pause(behaviour.delayMs);
    }
    if (behaviour.silent || request.socket.destroyed) {
      return;
    }
    if (behaviour.abort === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    if (behaviour.abort === 'close') {
      request.socket.end();
      return;
    }
    await this.send(behaviour, received, response);
  }

  private async send(behaviour: Behaviour, received: Received, response: ServerResponse): Promise<void> {
    const { body = `${JSON.stringify(received)}\n`, parts = 1 } = behaviour;
    const bytes = typeof body === 'number' ? Buffer.alloc(body, 'x') : Buffer.from(body);
    const headers = behaviour.headers ?? [['Content-Type', 'application/json']];
    // appended one by one: writeHead with a list drops the date
    for (const [name, value] of headers) {
      response.appendHeader(name, value);
    }
    response.statusCode = behaviour.status ?? 200;
    if ([204, 304].includes(response.statusCode)) {
      response.end();
      return;
    }
    if (parts === 1) {
      response.setHeader('Content-Length', bytes.length);
    }
    if (behaviour.abort === 'truncate') {
      response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
      return;
    }
    const size = Math.ceil(bytes.length / parts);
    for (let part = 0; parts > 1 && part < parts; part++) {
      await pause(behaviour.partDelayMs ?? 0);
      response.write(bytes.subarray(part * size, (part + 1) * size));
    }
    response.end(parts === 1 ? bytes : undefined);
  }

  private async upgrade(request: IncomingMessage, socket: Duplex): Promise<void> {
    socket.on('error', () => socket.destroy());
    await this.receive(request, false);
    const protocol = request.headers.upgrade?.toLowerCase();
    if (protocol === 'websocket') {
      this.webSockets++;
      acceptWebSocket(socket, request.headers['sec-websocket-key'] ?? '');
      echoFrames(socket);
    } else if (protocol === 'h2c') {
      this.h2cUpgrades++;
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
      socket.pipe(socket);
    } else {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    }
  }
}

function describeTls(socket: TLSSocket): Received['tls'] {
  const subject = socket.getPeerCertificate().subject as { CN?: string } | undefined;
  // node's types lack it on the server's side
  const { servername } = socket as TLSSocket & { servername?: string | false };
  return { servername: servername ?? false, ...(subject?.CN ? { clientCertSubject: subject.CN } : {}) };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}
