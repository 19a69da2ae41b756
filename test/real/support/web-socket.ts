import { createHash, randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';

/** As much of RFC 6455 as an echo needs: unfragmented frames. */

export function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

export function acceptWebSocket(socket: Duplex, key: string): void {
  const answer = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${acceptKey(key)}`];
  socket.write(`${answer.join('\r\n')}\r\n\r\n`);
}

/** A server's side: every message comes back. */
export function echoFrames(socket: Duplex): void {
  const frames = new FrameReader();
  socket.on('data', (data: Buffer) => {
    for (const { opcode, payload } of frames.push(data)) {
      socket.write(frame(opcode === 9 ? 10 : opcode, payload, false));
      if (opcode === 8) {
        socket.end();
      }
    }
  });
}

/** Clients must mask, servers must not. */
export function frame(opcode: number, payload: Buffer, masked: boolean): Buffer {
  const long = payload.length >= 126;
  const head = Buffer.alloc(long ? 4 : 2);
  head[0] = 0x80 | opcode;
  head[1] = (masked ? 0x80 : 0) | (long ? 126 : payload.length);
  if (long) {
    head.writeUInt16BE(payload.length, 2);
  }
  if (!masked) {
    return Buffer.concat([head, payload]);
  }
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, applyMask(payload, mask)]);
}

export interface Frame {
  /** 1 text, 2 binary, 8 close, 9 ping, 10 pong */
  readonly opcode: number;
  readonly payload: Buffer;
}

export class FrameReader {
  private rest = Buffer.alloc(0);

  push(data: Buffer): Frame[] {
    this.rest = Buffer.concat([this.rest, data]);
    const frames: Frame[] = [];
    for (let next = this.next(); next; next = this.next()) {
      frames.push(next);
    }
    return frames;
  }

  private next(): Frame | undefined {
    const { rest } = this;
    if (rest.length < 2) {
      return undefined;
    }
    const [masked, short] = [(rest[1] & 0x80) !== 0, rest[1] & 0x7f];
    const lengthEnd = short === 126 ? 4 : 2;
    if (short === 127) {
      throw new Error('frames of 64 KiB or more are not supported');
    }
    const start = lengthEnd + (masked ? 4 : 0);
    if (rest.length < start) {
      return undefined;
    }
    const end = start + (short === 126 ? rest.readUInt16BE(2) : short);
    if (rest.length < end) {
      return undefined;
    }
    const payload = rest.subarray(start, end);
    this.rest = rest.subarray(end);
    return { opcode: rest[0] & 0x0f, payload: masked ? applyMask(payload, rest.subarray(lengthEnd, start)) : payload };
  }
}

function applyMask(payload: Buffer, mask: Buffer): Buffer {
  return Buffer.from(payload.map((byte, index) => byte ^ mask[index % 4]));
}
