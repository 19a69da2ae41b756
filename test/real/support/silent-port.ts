import { connect, Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { atEnd } from './cleanup';

export interface SilentPort {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Listens, says on which port, and blocks: nothing is ever accepted. */
const LISTENER = `
  const { parentPort, workerData: { address, port, wake } } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.on('error', (error) => parentPort.postMessage({ error: String(error) }));
  server.listen({ host: address, port, backlog: 1 }, () => {
    parentPort.postMessage({ port: server.address().port });
    Atomics.wait(new Int32Array(wake), 0, 0);
    process.exit();
  });
`;

/**
 * A port that behaves as if packets to it were dropped: a SYN gets no answer. Linux ignores SYNs for a listener
 * whose queue of connections that wait for accept() is full; this one never accepts, and the queue is filled here.
 */
export async function silentPort(address = '127.0.0.1', port = 0): Promise<SilentPort> {
  const wake = new SharedArrayBuffer(4);
  const worker = new Worker(LISTENER, { eval: true, workerData: { address, port, wake } });
  const fillers: Socket[] = [];
  const ended = new Promise((done) => worker.once('exit', done));
  const close = async (): Promise<void> => {
    fillers.forEach((socket) => socket.destroy());
    const view = new Int32Array(wake);
    Atomics.store(view, 0, 1);
    Atomics.notify(view, 0);
    await ended;
  };
  atEnd(close);
  const message = await new Promise<{ port?: number; error?: string }>((done) => worker.once('message', done));
  if (message.port === undefined) {
    throw new Error(message.error);
  }
  while (await connects(address, message.port, fillers)) {
    if (fillers.length > 10) {
      throw new Error('this kernel answers although the queue is full');
    }
  }
  return { address, port: message.port, close };
}

/** Whether there was room; the connection stays open to keep its place. */
function connects(host: string, port: number, fillers: Socket[]): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host, port });
    fillers.push(socket);
    socket.on('error', () => undefined);
    let connected = false;
    socket.once('connect', () => {
      connected = true;
      done(true);
    });
    // immediate: when this process was held up, the connection may be made and only its event not yet delivered
    setTimeout(() => setImmediate(() => {
      if (!connected) {
        socket.destroy(); // else its SYN is sent again and again
        done(false);
      }
    }), 150);
  });
}
