// SPDX-License-Identifier: MIT
// What is understood of a message, and how a seat is kept.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { kMaxSdpLength, parseMessage, sdpSessionId } from './messages';
import { RoomClient, parseIceServers, type RoomEvent } from './room_client';
import { storedTokens } from './tokens';

describe('a message', () => {
  test('is read in both forms of a candidate', () => {
    const ours = { type: 'candidate', candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'u' };
    expect(parseMessage(ours)).toEqual(ours);
    expect(parseMessage({ type: 'candidate', label: 1, id: 'video', candidate: 'candidate:1' })).toEqual({
      type: 'candidate', candidate: 'candidate:1', sdpMid: 'video', sdpMLineIndex: 1, usernameFragment: null,
    });
  });

  test('knows the end of candidates, descriptions and the farewell', () => {
    expect(parseMessage({ type: 'candidate', candidate: '' })).toMatchObject({ candidate: '' });
    expect(parseMessage({ type: 'offer', sdp: 'v=0' })).toEqual({ type: 'offer', sdp: 'v=0' });
    expect(parseMessage('bye')).toEqual({ type: 'bye' });
  });

  test.each([
    undefined, null, 7, 'got user media', [], {}, { type: 'offer' }, { type: 'offer', sdp: 7 }, { type: 'answer', sdp: '' },
    { type: 'offer', sdp: 'x'.repeat(kMaxSdpLength + 1) }, { type: 'candidate', candidate: 'candidate:1' },
    { type: 'candidate', candidate: {}, sdpMid: '0' }, { type: 'candidate', candidate: 'c', sdpMLineIndex: -1 }, { type: '__proto__' },
  ])('that is unknown or malformed is ignored: %j', (value) => {
    expect(parseMessage(value)).toBeUndefined();
  });

  test('of what the other one shows is cut to known fields', () => {
    expect(parseMessage({ type: 'media', audio: 1, video: true, name: 'x'.repeat(100), other: 1 })).toEqual({
      type: 'media', audio: false, video: true, screen: false, name: '',
    });
  });
});

test('a session id is told from the rest of an o= line', () => {
  expect(sdpSessionId('v=0\r\no=- 42 2 IN IP4 127.0.0.1\r\n')).toBe('42');
  expect(sdpSessionId('v=0\r\no=mozilla...THIS 7 0 IN IP4 0.0.0.0\r\n')).toBe('7');
  expect(sdpSessionId('v=0')).toBeUndefined();
});

test('ICE servers are taken one by one, and nonsense is left out', () => {
  expect(parseIceServers([{ urls: 'turn:a', username: 'u', credential: 'c' }, { urls: ['stun:b', 7, 'http://x'] }, null, {}, 'x'])).toEqual([
    { urls: ['turn:a'], username: 'u', credential: 'c' }, { urls: ['stun:b'] },
  ]);
  expect(parseIceServers({})).toEqual([]);
});

/** A socket that is driven by hand. */
class FakeSocket {
  connected = false;
  sent: unknown[][] = [];
  private handlers = new Map<string, ((...values: unknown[]) => void)[]>();

  on(event: string, handler: (...values: unknown[]) => void) {
    this.handlers.set(event, [...(this.handlers.get(event) ?? []), handler]);
  }

  onAny() {}

  onAnyOutgoing() {}

  emit(...values: unknown[]) {
    this.sent.push(values);
  }

  connect() {
    this.connected = true;
    this.fire('connect');
  }

  disconnect() {
    if (!this.connected) return;
    this.connected = false;
    this.fire('disconnect');
  }

  fire(event: string, ...values: unknown[]) {
    for (const handler of this.handlers.get(event) ?? []) handler(...values);
  }

  /** Answers the last `create or join`. */
  acknowledge(answer: object) {
    const last = this.sent.findLast(([event]) => event === 'create or join')!;
    (last[3] as (answer: object) => void)(answer);
  }
}

class FakeStorage {
  private map = new Map<string, string>();
  getItem = (key: string) => this.map.get(key) ?? null;
  setItem = (key: string, value: string) => void this.map.set(key, value);
  removeItem = (key: string) => void this.map.delete(key);
}

describe('a seat', () => {
  let socket: FakeSocket;
  let events: RoomEvent[];
  let client: RoomClient;
  const storage = new FakeStorage();
  const tokens = storedTokens(() => storage as unknown as Storage);
  const types = () => events.map(({ type }) => type);

  beforeEach(() => {
    vi.useFakeTimers();
    socket = new FakeSocket();
    events = [];
    tokens.clear('r');
    client = new RoomClient({ socket, room: 'r', name: 'Ada', tokens, onEvent: (event) => void events.push(event) });
    client.enter();
  });
  afterEach(() => void vi.useRealTimers());

  test('is asked for on every connection, with the token of the former one', () => {
    expect(socket.sent[0]!.slice(0, 3)).toEqual(['create or join', 'r', { name: 'Ada' }]);
    socket.acknowledge({ ok: true, role: 'created', token: 'T' });
    socket.fire('created', 'r');
    socket.disconnect();
    vi.advanceTimersByTime(1_000);
    expect(socket.sent.at(-1)!.slice(0, 3)).toEqual(['create or join', 'r', { token: 'T', name: 'Ada' }]);
    expect(types()).toEqual(['up', 'created', 'down', 'up']);
  });

  test('is needed to send: what is said without one is dropped, not kept for later', () => {
    expect(client.send('bye')).toBe(false);
    socket.fire('joined', 'r');
    expect(client.send('bye')).toBe(true);
    socket.connected = false;
    expect(client.send('bye')).toBe(false);
    expect(socket.sent.filter(([event]) => event === 'message')).toHaveLength(1);
  });

  test('hears when nobody was there for what it said', () => {
    socket.fire('joined', 'r');
    client.send('bye');
    const acknowledge = socket.sent.at(-1)![2] as (answer: unknown) => void;
    for (const answer of [{ ok: true }, null, { code: 7 }]) acknowledge(answer);
    expect(types()).toEqual(['up', 'joined']);
    acknowledge({ ok: false, code: 'nobody', reason: '' });
    expect(types()).toEqual(['up', 'joined', 'unheard']);
  });

  test.each(['full', 'moved', 'bad-room', 'limit'])('may be refused: %s ends the connection', (code) => {
    socket.acknowledge({ ok: true, token: 'T' });
    socket.fire('refused', { code, reason: '' });
    socket.fire('full', 'r');
    expect(events.filter(({ type }) => type === 'refused')).toEqual([{ type: 'refused', code, reason: '' }]);
    expect(socket.connected).toBe(false);
    expect(tokens.get('r')).toBe('T'); // so that a moved call can be taken back
    vi.advanceTimersByTime(60_000);
    expect(socket.connected).toBe(false);
  });

  test('is given back by leave, which forgets the token and tells nothing more', () => {
    socket.acknowledge({ ok: true, token: 'T' });
    socket.fire('created', 'r');
    client.leave();
    expect(socket.sent.at(-1)).toEqual(['leave']);
    expect(tokens.get('r')).toBeUndefined();
    const told = events.length;
    vi.advanceTimersByTime(60_000);
    expect(socket.connected).toBe(false);
    expect(events.length).toBe(told);
  });

  test('of a draining server is left at once and sought again later', () => {
    socket.fire('draining');
    vi.advanceTimersByTime(200);
    expect(socket.connected).toBe(false);
    vi.advanceTimersByTime(3_000);
    expect(socket.connected).toBe(true);
    expect(types()).toEqual(['up', 'draining', 'down', 'up']);
  });

  test('that can never be reached is blamed on the network after four tries', () => {
    const blocked = new FakeSocket();
    const told: string[] = [];
    new RoomClient({ socket: blocked, room: 'r', tokens, onEvent: ({ type }) => void told.push(type) });
    for (let attempt = 0; attempt < 4; attempt += 1) blocked.fire('connect_error', new Error('no'));
    expect(told).toEqual(['down', 'down', 'down', 'blocked']);
  });

  test('hears hostile events without harm', () => {
    for (const value of [undefined, null, 7, [], { code: { a: 1 } }]) {
      socket.fire('message', value);
      socket.fire('ice servers', value);
    }
    expect(events.filter(({ type }) => type === 'message')).toEqual([]);
    socket.fire('refused', null);
    expect(events.at(-1)).toEqual({ type: 'refused', code: 'other', reason: '' });
  });
});

test('a browser without storage only loses the resumption', () => {
  const refusing = storedTokens(() => {
    throw new Error('denied');
  });
  refusing.set('r', 'T');
  expect(refusing.get('r')).toBeUndefined();
});
