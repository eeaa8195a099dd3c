// SPDX-License-Identifier: MIT
// Stock clients of three major versions behind one face that remembers every event.
import io2 from 'socket.io-client-2';
import { io as io3 } from 'socket.io-client-3';
import { io as io4 } from 'socket.io-client-4';

const makers = { 2: io2, 3: io3, 4: io4 };
export const versions = [2, 3, 4];
export const transports = {
  polling: ['polling'],
  websocket: ['websocket'],
  upgrade: ['polling', 'websocket'],
};

/** Binary of any kind becomes {binary: hex}, so that it compares by content. */
export function plain(value) {
  if (value instanceof ArrayBuffer) return { binary: Buffer.from(value).toString('hex') };
  if (ArrayBuffer.isView(value)) {
    return { binary: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex') };
  }
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  }
  return value;
}

export class Client {
  /** Connects; with `transport` "upgrade" it also waits until the upgrade is done. */
  static async connect(server, { version = 4, transport = 'websocket', options = {} } = {}) {
    const client = new Client();
    client.socket = makers[version](server.url, {
      transports: transports[transport],
      forceNew: true,
      reconnection: false,
      timeout: 5000,
      ...options,
    });
    client.record();
    const { socket } = client;
    await new Promise((resolve, reject) => {
      socket.on('connect', resolve);
      socket.on('connect_error', reject);
    });
    if (transport === 'upgrade' && socket.io.engine.transport.name !== 'websocket') {
      await new Promise((resolve) => socket.io.engine.once('upgrade', resolve));
    }
    return client;
  }

  /** Every event with its arguments, oldest first: [name, ...args]. */
  events = [];
  waiting = [];
  disconnected = false;

  record() {
    const { socket } = this;
    const onevent = socket.onevent;
    socket.onevent = (packet) => {
      this.arrived(plain(packet.data));
      onevent.call(socket, packet);
    };
    socket.on('disconnect', () => {
      this.disconnected = true;
      this.arrived(['(disconnect)']);
    });
  }

  arrived(event) {
    this.events.push(event);
    for (const waiter of [...this.waiting]) waiter();
  }

  emit(...args) {
    this.socket.emit(...args);
  }

  /** Emits with an acknowledgement; its first argument. */
  ask(...args) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no acknowledgement of ${args[0]}`)), 5000);
      this.socket.emit(...args, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
    });
  }

  /** Takes the oldest event of that name (or that matches) out of `events`, waiting for it. */
  take(name, ms = 5000) {
    const matches = (event) => (name instanceof RegExp ? name.test(event[0]) : event[0] === name);
    return new Promise((resolve, reject) => {
      const look = () => {
        const index = this.events.findIndex(matches);
        if (index < 0) return false;
        clearTimeout(timer);
        this.waiting = this.waiting.filter((waiter) => waiter !== look);
        resolve(this.events.splice(index, 1)[0]);
        return true;
      };
      const timer = setTimeout(() => {
        this.waiting = this.waiting.filter((waiter) => waiter !== look);
        reject(new Error(`no ${name} within ${ms} ms; heard: ${JSON.stringify(this.events)}`));
      }, ms);
      if (!look()) this.waiting.push(look);
    });
  }

  names() {
    return this.events.map((event) => event[0]);
  }

  close() {
    this.socket.close();
  }

  /** Cuts the connection without a word, as a dead network does. */
  cut() {
    const engine = this.socket.io.engine;
    const socket = engine.transport.ws?._socket;
    if (!socket) throw new Error('only a WebSocket can be cut');
    socket.destroy();
  }
}
