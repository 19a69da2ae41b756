import { Agent, IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as TlsAgent, request as requestHttps } from 'node:https';
import { codeOf } from './client';
import { Target } from './connection';

export interface LoadOptions extends Target {
  /** Requests per second, sent on time whether or not earlier ones were answered (open loop); or … */
  readonly rate?: number;
  /** … that many clients, each with one request at a time. Default: 4. */
  readonly concurrency?: number;
  readonly seconds: number;
  /** Default `address:port`, also for null. */
  readonly host?: string | null;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Buffer;
  /** Reuse connections; default true. */
  readonly keepAlive?: boolean;
}

export interface LoadResult {
  readonly sent: number;
  /** Status → how many. */
  readonly statuses: Record<string, number>;
  /** Code (ECONNRESET, TIMEOUT, …) → how many. */
  readonly errors: Record<string, number>;
  /** Milliseconds of every request that got an answer, in the order of the answers. */
  readonly latencies: number[];
  /** Every request: when it was sent and how long it took (ms), status or code. */
  readonly log: { readonly at: number; readonly ms: number; readonly result: number | string }[];
}

/** A bounded stream of requests; returns when all of them are answered or timed out. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const keepAlive = options.keepAlive ?? true;
  const agent = options.tls ? new TlsAgent({ keepAlive, maxSockets: Infinity }) : new Agent({ keepAlive, maxSockets: Infinity });
  const result: LoadResult = { sent: 0, statuses: {}, errors: {}, latencies: [], log: [] };
  const start = Date.now();
  let sent = 0;
  const one = async (): Promise<void> => {
    sent++;
    const begin = performance.now();
    const at = Date.now() - start;
    const outcome = await send(options, agent);
    const ms = performance.now() - begin;
    result.log.push({ at, ms, result: outcome });
    const counts = typeof outcome === 'number' ? result.statuses : result.errors;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    if (typeof outcome === 'number') {
      result.latencies.push(ms);
    }
  };
  const end = start + options.seconds * 1000;
  if (options.rate === undefined) {
    await Promise.all(Array.from({ length: options.concurrency ?? 4 }, async () => {
      while (Date.now() < end) {
        await one();
      }
    }));
  } else {
    const pending: Promise<void>[] = [];
    const total = Math.round(options.rate * options.seconds);
    while (pending.length < total) {
      const due = Math.min(total, Math.floor((Date.now() - start) * options.rate / 1000) + 1);
      while (pending.length < due) {
        pending.push(one());
      }
      await new Promise((done) => setTimeout(done, 1));
    }
    await Promise.all(pending);
  }
  agent.destroy();
  return { ...result, sent };
}

/** The p-th percentile, p in 0..100. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p / 100))] ?? NaN;
}

function send(options: LoadOptions, agent: Agent): Promise<number | string> {
  return new Promise((done) => {
    const { tls, timeoutMs = 10_000 } = options;
    const call = tls ? requestHttps : requestHttp;
    const request = call({
      agent, host: options.address ?? '127.0.0.1', port: options.port, localAddress: options.localAddress,
      method: options.method ?? 'GET', path: options.path ?? '/',
      setHost: false,
      headers: [
        ['Host', options.host ?? `${options.address ?? '127.0.0.1'}:${options.port}`],
        ...options.headers ?? [],
        ...(options.body === undefined ? [] : [['Content-Length', String(Buffer.byteLength(options.body))]]),
      ].flat(),
      ...(tls ? { servername: tls.servername, ca: tls.ca, cert: tls.cert, key: tls.key, rejectUnauthorized: tls.ca !== undefined } : {}),
    }, (response: IncomingMessage) => {
      response.resume();
      response.on('error', (error) => done(codeOf(error)));
      response.on('end', () => done(response.complete ? response.statusCode ?? 0 : 'TRUNCATED'));
      response.on('close', () => done('TRUNCATED'));
    });
    const timer = setTimeout(() => {
      done('TIMEOUT');
      request.destroy();
    }, timeoutMs);
    request.on('error', (error) => done(codeOf(error)));
    request.on('close', () => clearTimeout(timer));
    request.end(options.body);
  });
}
