import { randomBytes } from 'node:crypto';
import { connect as connectHttp2 } from 'node:http2';
import { Received } from './backends';
import { Connection, Target } from './connection';
import { acceptKey, Frame, frame, FrameReader } from './web-socket';

export { ClientError, Connection, Target, TlsOptions } from './connection';

export interface RequestOptions extends Target {
  readonly method?: string;
  /** As it is sent, absolute or with any bytes in it. */
  readonly path?: string;
  /** The Host header, before all others; default `address:port`; null: none. Left out as well when `headers` has one. */
  readonly host?: string | null;
  /** Sent as they are: order, case, duplicates. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Buffer;
  /** Sends the body as one chunk instead of with a Content-Length. */
  readonly chunked?: boolean;
  readonly httpVersion?: '1.0' | '1.1' | '2';
}

export interface Response {
  /** 0 when there was none: see `error`. */
  readonly status: number;
  readonly httpVersion: string;
  /** As they came. */
  readonly rawHeaders: (readonly [name: string, value: string])[];
  /** Lower-case names; several values are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeMs: number;
  /** ECONNREFUSED, ECONNRESET, TIMEOUT, TRUNCATED, CLOSED, the code of a TLS alert, … */
  readonly error?: string;
}

/** One request on a connection of its own. Never throws: what went wrong is in `error`. */
export async function request(options: RequestOptions): Promise<Response> {
  const start = process.hrtime.bigint();
  let connection: Connection | undefined;
  try {
    const alpn = options.httpVersion === '2' && options.tls ? { tls: { alpn: ['h2'], ...options.tls } } : {};
    connection = await Connection.open({ ...options, ...alpn });
    const response = options.httpVersion === '2' ? await overHttp2(connection, options) : await requestOn(connection, options);
    return { ...response, timeMs: since(start) };
  } catch (error) {
    return { status: 0, httpVersion: '', rawHeaders: [], headers: {}, body: '', timeMs: since(start), error: codeOf(error) };
  } finally {
    connection?.close();
  }
}

/** One of several requests on a connection; throws when no whole answer comes. */
export async function requestOn(connection: Connection, options: RequestOptions): Promise<Response> {
  const start = process.hrtime.bigint();
  connection.write(head(options));
  if (options.body !== undefined) {
    const body = Buffer.from(options.body);
    connection.write(options.chunked ? Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]) : body);
  }
  return { ...await readResponse(connection, options.method ?? 'GET'), timeMs: since(start) };
}

/** What the backend got, out of its answer. */
export function received(response: Response): Received {
  if (response.status === 0) {
    throw new Error(`no answer: ${response.error}`);
  }
  return JSON.parse(response.body) as Received;
}

export type RawOptions = Partial<Target> & { readonly quietMs?: number };

/** Sends bytes (text as latin1); what came until the end of the connection, or until nothing came for `quietMs` (300). */
export async function raw(address: string, port: number, bytes: string | Buffer, options: RawOptions = {}): Promise<string> {
  const connection = await Connection.open({ ...options, address, port });
  connection.write(bytes);
  let answer = '';
  const quiet = (): Promise<Buffer> => new Promise((done) => setTimeout(done, options.quietMs ?? 300, Buffer.alloc(0)));
  try {
    for (;;) {
      const part = await Promise.race([connection.readSome(), quiet()]);
      if (part.length === 0) {
        return answer;
      }
      answer += part.toString('latin1');
    }
  } catch {
    return answer; // reset
  } finally {
    connection.close();
  }
}

/** A WebSocket that expects an echo. */
export class WebSocketClient {
  /** `status` 101 or whatever the server answered instead; then `send` must not be used. */
  static async open(options: RequestOptions): Promise<WebSocketClient> {
    const connection = await Connection.open(options);
    const key = randomBytes(16).toString('base64');
    const own = (options.headers ?? []).map(([name]) => name.toLowerCase());
    const upgrade = [
      ['Connection', 'Upgrade'], ['Upgrade', 'websocket'], ['Sec-WebSocket-Key', key], ['Sec-WebSocket-Version', '13'],
    ] as const;
    const headers = [...options.headers ?? [], ...upgrade.filter(([name]) => !own.includes(name.toLowerCase()))];
    const response = await requestOn(connection, { ...options, headers });
    if (response.status === 101 && response.headers['sec-websocket-accept'] !== acceptKey(key)) {
      throw new Error(`wrong Sec-WebSocket-Accept: ${response.headers['sec-websocket-accept']}`);
    }
    return new WebSocketClient(connection, response);
  }

  private readonly frames = new FrameReader();
  private readonly waiting: Frame[] = [];

  private constructor(readonly connection: Connection, readonly response: Response) {}

  /** The text that comes back. */
  async send(text: string): Promise<string> {
    this.connection.write(frame(1, Buffer.from(text), true));
    return (await this.receive()).payload.toString();
  }

  async receive(): Promise<Frame> {
    while (this.waiting.length === 0) {
      const data = await this.connection.readSome();
      if (data.length === 0) {
        return { opcode: 8, payload: Buffer.alloc(0) };
      }
      this.waiting.push(...this.frames.push(data));
    }
    return this.waiting.shift()!;
  }

  close(): void {
    this.connection.write(frame(8, Buffer.alloc(0), true));
    this.connection.close();
  }
}

/** Opens a WebSocket and sends messages; the status of the handshake and what came back. */
export async function webSocketEcho(options: RequestOptions & { messages?: readonly string[]; pauseMs?: number }):
Promise<{ status: number; echoes: string[]; error?: string }> {
  const echoes: string[] = [];
  let socket: WebSocketClient | undefined;
  try {
    socket = await WebSocketClient.open(options);
    for (const message of socket.response.status === 101 ? options.messages ?? ['hello'] : []) {
      echoes.push(await socket.send(message));
      await new Promise((done) => setTimeout(done, options.pauseMs ?? 0));
    }
    return { status: socket.response.status, echoes };
  } catch (error) {
    return { status: socket?.response.status ?? 0, echoes, error: codeOf(error) };
  } finally {
    socket?.close();
  }
}

export function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? String(error);
}

function since(start: bigint): number {
  return Number(process.hrtime.bigint() - start) / 1e6;
}

function head(options: RequestOptions): Buffer {
  const headers: (readonly [string, string])[] = [...options.headers ?? []];
  const has = (wanted: string): boolean => headers.some(([name]) => name.toLowerCase() === wanted);
  if (options.host !== null && !has('host')) {
    headers.unshift(['Host', options.host ?? `${options.address ?? '127.0.0.1'}:${options.port}`]);
  }
  if (options.chunked) {
    headers.push(['Transfer-Encoding', 'chunked']);
  } else if (options.body !== undefined && !has('content-length')) {
    headers.push(['Content-Length', String(Buffer.byteLength(options.body))]);
  }
  const first = `${options.method ?? 'GET'} ${options.path ?? '/'} HTTP/${options.httpVersion ?? '1.1'}`;
  return Buffer.from(`${[first, ...headers.map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n`, 'latin1');
}

async function readResponse(connection: Connection, method: string): Promise<Omit<Response, 'timeMs'>> {
  const [first, ...lines] = (await connection.readUntil('\r\n\r\n')).toString('latin1').trimEnd().split('\r\n');
  const [, httpVersion, code] = /^HTTP\/(\S+) (\d{3})/.exec(first) ?? [];
  if (!code) {
    throw new Error(`no HTTP answer: ${first}`);
  }
  const status = Number(code);
  if (status >= 100 && status < 200 && status !== 101) {
    return readResponse(connection, method);
  }
  const rawHeaders = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const headers = byName(rawHeaders);
  const body = method === 'HEAD' || [101, 204, 304].includes(status) ? Buffer.alloc(0) : await readBody(connection, headers);
  return { status, httpVersion, rawHeaders, headers, body: body.toString() };
}

async function readBody(connection: Connection, headers: Readonly<Record<string, string>>): Promise<Buffer> {
  if (headers['transfer-encoding'] === 'chunked') {
    const parts: Buffer[] = [];
    for (;;) {
      const size = parseInt((await connection.readUntil('\r\n')).toString(), 16);
      parts.push(await connection.readBytes(size));
      await connection.readUntil('\r\n');
      if (size === 0) {
        return Buffer.concat(parts);
      }
    }
  }
  const length = headers['content-length'];
  return length === undefined ? connection.readToEnd() : connection.readBytes(Number(length));
}

function byName(rawHeaders: readonly (readonly [string, string])[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of rawHeaders) {
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }
  return headers;
}

function overHttp2(connection: Connection, options: RequestOptions): Promise<Omit<Response, 'timeMs'>> {
  return new Promise((done, fail) => {
    const session = connectHttp2(`http${options.tls ? 's' : ''}://x`, { createConnection: () => connection.socket });
    const end = (error: Error): void => {
      fail(error);
      session.destroy();
    };
    session.on('error', end);
    const extra: Record<string, string[]> = {};
    for (const [name, value] of options.headers ?? []) {
      (extra[name.toLowerCase()] ??= []).push(value);
    }
    const stream = session.request({
      ':method': options.method ?? 'GET',
      ':path': options.path ?? '/',
      ':authority': options.host ?? `${options.address ?? '127.0.0.1'}:${options.port}`,
      ...extra,
    });
    stream.setTimeout(options.timeoutMs ?? 10_000, () => end(Object.assign(new Error('timeout'), { code: 'TIMEOUT' })));
    stream.on('error', end);
    const rawHeaders: [string, string][] = [];
    const parts: Buffer[] = [];
    stream.on('response', (_, __, ...more: unknown[]) => {
      const flat = more[0] as string[]; // the types lack it
      flat.forEach((name, index) => index % 2 === 0 && rawHeaders.push([name, flat[index + 1]]));
    });
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => {
      const headers = byName(rawHeaders);
      done({ status: Number(headers[':status']), httpVersion: '2', rawHeaders, headers, body: Buffer.concat(parts).toString() });
      session.destroy();
    });
    stream.end(options.body);
  });
}
