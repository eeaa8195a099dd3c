// SPDX-License-Identifier: MIT
// Sockets by hand: what no well-behaved client would send.
import net from 'node:net';

import WebSocket from 'ws';

import { until } from './server.mjs';

/** Sends `pieces` on one TCP connection; resolves with all that came back when it ends. */
export function talk(port, pieces, { ms = 3000, end = false } = {}) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    let text = '';
    const done = (how) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, how });
    };
    const timer = setTimeout(done, ms, 'open');
    socket.on('data', (data) => (text += data.toString('latin1')));
    socket.on('error', () => done('reset'));
    socket.on('close', () => done('closed'));
    for (const piece of [pieces].flat()) socket.write(piece);
    if (end) socket.end();
  });
}

/** The status codes in what a server said. */
export const statuses = (text) => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1]));

/** A raw Engine.IO 4 session on a WebSocket that remembers its messages and its end. */
export class Raw {
  static async open(server, query = 'EIO=4&transport=websocket', options = {}) {
    const raw = new Raw();
    raw.ws = new WebSocket(`ws://${server.host}:${server.port}/socket.io/?${query}`, { perMessageDeflate: false, ...options });
    raw.messages = [];
    raw.closed = new Promise((resolve) => raw.ws.on('close', (code) => resolve((raw.code = code))));
    raw.ws.on('message', (data, binary) => raw.messages.push(binary ? data : data.toString()));
    raw.refusal = new Promise((resolve) =>
      raw.ws.on('unexpected-response', (request, response) => {
        let body = '';
        response.on('data', (part) => (body += part));
        response.on('end', () => resolve({ status: response.statusCode, body }));
      }),
    );
    raw.ws.on('error', () => {});
    await Promise.race([new Promise((resolve) => raw.ws.on('open', resolve)), raw.refusal, raw.closed]);
    return raw;
  }

  /** The same, in the main namespace. */
  static async enter(server, options) {
    const raw = await Raw.open(server, undefined, options);
    raw.send('40');
    await raw.until((text) => String(text).startsWith('40{'));
    return raw;
  }

  send(data, options) {
    this.ws.send(data, options ?? {});
  }

  /** A message that matches, waiting for it. */
  async until(matches, ms = 3000) {
    const end = performance.now() + ms;
    for (;;) {
      const found = this.messages.find(matches);
      if (found !== undefined) return found;
      if (performance.now() > end) throw new Error(`nothing matched in ${JSON.stringify(this.messages).slice(0, 500)}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  /** The close code, or "open" if it is still open after `ms`. */
  end(ms = 2000) {
    return Promise.race([this.closed, new Promise((resolve) => setTimeout(resolve, ms, 'open'))]);
  }

  /** Bytes as they are, past the WebSocket library. */
  write(bytes) {
    this.ws._socket.write(bytes);
  }

  drop() {
    this.ws.terminate();
  }
}

/** One frame, masked as clients must (RFC 6455 §5.2). */
export function frame(opcode, payload, { fin = true, masked = true, reserved = 0 } = {}) {
  const body = Buffer.from(payload);
  const head = [(fin ? 0x80 : 0) | reserved | opcode];
  const mask = masked ? 0x80 : 0;
  if (body.length < 126) head.push(mask | body.length);
  else if (body.length < 65536) head.push(mask | 126, body.length >> 8, body.length & 255);
  else head.push(mask | 127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (body.length >>> shift) & 255));
  if (!masked) return Buffer.concat([Buffer.from(head), body]);
  const key = [1, 2, 3, 4];
  return Buffer.concat([Buffer.from([...head, ...key]), body.map((byte, index) => byte ^ key[index % 4])]);
}

/**
 * A WebSocket by hand that takes from its kernel at most `most` bytes at a time, and nothing while
 * it is paused but what readOnce() asks for. `text` is all that came, heads of frames included.
 */
export async function connectSlowly(server, most) {
  const reader = { text: '', read: 0, ended: false };
  let isPaused = false;
  const callback = (size, buffer) => {
    reader.read += size;
    reader.text += buffer.toString('latin1', 0, size);
    return !isPaused;
  };
  const socket = net.connect({ port: server.port, host: server.host, onread: { buffer: Buffer.alloc(most), callback } });
  socket.on('error', () => {});
  socket.on('close', () => (reader.ended = true));
  reader.send = (text) => socket.write(frame(1, text));
  reader.port = () => socket.localPort;
  reader.pause = () => (isPaused = true);
  reader.readOnce = () => socket.resume();
  reader.resume = () => {
    isPaused = false;
    socket.resume();
  };
  reader.drop = () => socket.destroy();
  const lines = [
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
    `Host: ${server.host}:${server.port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  await until(() => reader.text.includes('101 Switching'), 'the upgrade');
  return reader;
}
