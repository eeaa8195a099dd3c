// SPDX-License-Identifier: MIT
// One seat in one room of the server: asks for it on every connection, relays, tells what happens.

import { parseMessage, type PeerMessage, type WireMessage } from './messages';
import type { TokenStore } from './tokens';

/** The part of a Socket.IO socket that is used, so that a test can stand in for it. */
export interface SocketLike {
  readonly connected: boolean;
  on(event: string, handler: (...values: unknown[]) => void): unknown;
  onAny(handler: (event: string, ...values: unknown[]) => void): unknown;
  onAnyOutgoing(handler: (event: string, ...values: unknown[]) => void): unknown;
  emit(event: string, ...values: unknown[]): unknown;
  connect(): unknown;
  disconnect(): unknown;
}

export type Refusal = 'full' | 'moved' | 'bad-room' | 'draining' | 'limit' | 'other';

export type RoomEvent =
  | { type: 'up' }
  | { type: 'down' }
  | { type: 'blocked' }
  | { type: 'created' } // alone in the room
  | { type: 'join' } // the other one came (again): this end offers
  | { type: 'joined' } // the other one was there: this end waits for the offer
  | { type: 'leave' }
  | { type: 'refused'; code: Refusal; reason: string }
  | { type: 'draining' }
  | { type: 'ice-servers'; servers: RTCIceServer[] }
  | { type: 'message'; message: PeerMessage }
  | { type: 'unheard' }; // nobody was there for a message of ours

export interface RoomLog {
  (direction: 'sent' | 'received', event: string, values: unknown[]): void;
}

export interface RoomClientOptions {
  socket: SocketLike;
  room: string;
  name?: string;
  tokens: TokenStore;
  onEvent: (event: RoomEvent) => void;
  onLog?: RoomLog;
}

/** Connection failures in a row, before the first success, after which the network is to blame. */
export const kBlockedAfter = 4;

/** From `leave` to the end of the connection, ms. */
const kFarewell = 100;
/** From the server's end of a connection, or its wish to stop, to asking again, ms. */
const kComeBack = 1_000;
const kComeBackDraining = 3_000;

const kRefusals: readonly Refusal[] = ['full', 'moved', 'bad-room', 'draining', 'limit'];
const refusalOf = (code: unknown): Refusal =>
  kRefusals.find((known) => known === code) ?? 'other';

/** Takes only what RTCPeerConnection accepts as a server, so that a bad list can't break a call. */
export function parseIceServers(value: unknown): RTCIceServer[] {
  if (!Array.isArray(value)) return [];
  const servers: RTCIceServer[] = [];
  for (const entry of value.slice(0, 16) as unknown[]) {
    if (typeof entry !== 'object' || entry === null) continue;
    const { urls, username, credential } = entry as Record<string, unknown>;
    const list = (Array.isArray(urls) ? (urls as unknown[]) : [urls]).filter(
      (url): url is string => typeof url === 'string' && /^(stun|turn)s?:/.test(url),
    );
    if (list.length === 0) continue;
    const server: RTCIceServer = { urls: list };
    if (typeof username === 'string') server.username = username;
    if (typeof credential === 'string') server.credential = credential;
    servers.push(server);
  }
  return servers;
}

export class RoomClient {
  private seated = false;
  private everUp = false;
  private failures = 0;
  private closed = false;
  private draining = false;

  constructor(private readonly options: RoomClientOptions) {
    const { socket, onLog } = options;
    if (onLog) {
      socket.onAny((event, ...values) => onLog('received', event, values));
      socket.onAnyOutgoing((event, ...values) =>
        onLog('sent', event, values.filter((value) => typeof value !== 'function')),
      );
    }
    socket.on('connect', () => this.handleConnect());
    socket.on('disconnect', () => this.handleDown());
    socket.on('connect_error', () => this.handleConnectError());
    socket.on('created', () => this.handleSeat('created'));
    socket.on('joined', () => this.handleSeat('joined'));
    socket.on('join', () => this.tell({ type: 'join' }));
    socket.on('leave', () => this.tell({ type: 'leave' }));
    socket.on('full', () => this.handleRefused('full', ''));
    socket.on('refused', (value) => {
      const { code, reason } = (value ?? {}) as { code?: unknown; reason?: unknown };
      this.handleRefused(refusalOf(code), typeof reason === 'string' ? reason : '');
    });
    socket.on('draining', () => this.handleDraining());
    socket.on('ice servers', (value) =>
      this.tell({ type: 'ice-servers', servers: parseIceServers(value) }),
    );
    socket.on('message', (value) => {
      const message = parseMessage(value);
      if (message) this.tell({ type: 'message', message });
    });
  }

  /** Starts; the answer comes as an event. */
  enter(): void {
    if (this.options.socket.connected) this.handleConnect();
    else this.options.socket.connect();
  }

  /**
   * Hands a message to the server.
   *
   * @returns false without a seat: it is dropped, since after the next `join` all is said anew
   */
  send(message: WireMessage): boolean {
    if (!this.seated || !this.options.socket.connected) return false;
    this.options.socket.emit('message', message, (answer: unknown) => {
      if ((answer as { code?: unknown } | null)?.code === 'nobody') this.tell({ type: 'unheard' });
    });
    return true;
  }

  /** Gives the seat back and ends the connection; no event follows. */
  leave(): void {
    const { socket, tokens, room } = this.options;
    tokens.clear(room);
    if (this.closed || !socket.connected) return this.close();
    socket.emit('leave');
    this.closed = true;
    this.seated = false;
    // A server may drop what the same segment as the farewell brought, as Node's does.
    setTimeout(() => socket.disconnect(), kFarewell);
  }

  /** Ends the connection and keeps the token, so that the seat can be taken back. */
  close(): void {
    this.closed = true;
    this.seated = false;
    this.options.socket.disconnect();
  }

  private tell(event: RoomEvent): void {
    if (!this.closed) this.options.onEvent(event);
  }

  private handleConnect(): void {
    this.everUp = true;
    this.failures = 0;
    this.tell({ type: 'up' });
    const { socket, room, name, tokens } = this.options;
    const token = tokens.get(room);
    const extra = { ...(token ? { token } : {}), ...(name ? { name } : {}) };
    socket.emit('create or join', room, extra, (answer: unknown) => {
      const { ok, code, reason, token: fresh } = (answer ?? {}) as Record<string, unknown>;
      if (this.closed) return;
      if (ok === true) {
        if (typeof fresh === 'string') tokens.set(room, fresh);
      } else {
        this.handleRefused(refusalOf(code), typeof reason === 'string' ? reason : '');
      }
    });
  }

  private handleSeat(type: 'created' | 'joined'): void {
    this.seated = true;
    this.tell({ type });
  }

  private handleRefused(code: Refusal, reason: string): void {
    if (this.closed) return;
    this.seated = false;
    // A server about to stop is soon replaced by another: the socket finds it by itself.
    if (code === 'draining') return this.handleDraining();
    this.tell({ type: 'refused', code, reason });
    this.close();
  }

  /** A server that is about to stop waits for its clients: go, and find its successor. */
  private handleDraining(): void {
    if (this.closed) return;
    this.draining = true;
    this.tell({ type: 'draining' });
    setTimeout(() => {
      if (this.draining && !this.closed) this.options.socket.disconnect();
    }, kFarewell);
  }

  private handleDown(): void {
    if (this.closed) return;
    this.seated = false;
    this.tell({ type: 'down' });
    // Socket.IO does not come back by itself after an orderly end.
    const after = this.draining ? kComeBackDraining : kComeBack;
    this.draining = false;
    setTimeout(() => {
      if (!this.closed && !this.options.socket.connected) this.options.socket.connect();
    }, after);
  }

  private handleConnectError(): void {
    this.failures += 1;
    this.tell({ type: !this.everUp && this.failures >= kBlockedAfter ? 'blocked' : 'down' });
  }
}
