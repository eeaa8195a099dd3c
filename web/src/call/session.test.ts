// SPDX-License-Identifier: MIT
// A whole call over models of the socket and of the peer connection: its servers, its relay, its end.
import { signal } from '@preact/signals';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SocketLike } from '../signaling/room_client';
import { Call } from './session';

class FakeSocket implements SocketLike {
  connected = false;
  sent: unknown[][] = [];
  private handlers = new Map<string, ((...values: unknown[]) => void)[]>();
  private any: (event: string, ...values: unknown[]) => void = () => undefined;

  on(event: string, handler: (...values: unknown[]) => void) {
    this.handlers.set(event, [...(this.handlers.get(event) ?? []), handler]);
  }

  onAny(handler: (event: string, ...values: unknown[]) => void) {
    this.any = handler;
  }

  onAnyOutgoing() {}

  emit(...values: unknown[]) {
    this.sent.push(values);
  }

  connect() {
    this.connected = true;
    this.fire('connect');
  }

  disconnect() {
    this.connected = false;
  }

  fire(event: string, ...values: unknown[]) {
    this.any(event, ...values);
    for (const handler of this.handlers.get(event) ?? []) handler(...values);
  }

  /** The server's word on what was said last. */
  acknowledge(answer: object) {
    (this.sent.at(-1)!.at(-1) as (answer: object) => void)(answer);
  }

  get offers() {
    return this.sent.filter(([event, message]) => event === 'message' && (message as { type?: string }).type === 'offer').length;
  }
}

let peers: FakePeer[] = [];

/** What a call uses of RTCPeerConnection; `done` is what was asked of it, in order. */
class FakePeer extends EventTarget {
  signalingState = 'stable';
  connectionState = 'new';
  localDescription: { type: string; sdp: string } | null = null;
  remoteDescription: { type: string; sdp: string } | null = null;
  currentRemoteDescription: { type: string; sdp: string } | null = null;
  sctp: { state: string } | null = null;
  channel = new EventTarget();
  done: string[] = [];
  private round = 0;

  constructor(public configuration: RTCConfiguration) {
    super();
    peers.push(this);
  }

  setConfiguration(configuration: RTCConfiguration) {
    this.configuration = configuration;
    this.done.push('configure');
  }

  restartIce() {
    this.done.push('restart');
  }

  getTransceivers() {
    return [];
  }

  getSenders() {
    return [];
  }

  async getStats() {
    return new Map();
  }

  addTransceiver() {}

  createDataChannel(label: string) {
    this.channel = new EventTarget();
    return Object.assign(this.channel, { label, readyState: 'connecting' });
  }

  async setLocalDescription(description?: { type: string }) {
    if (description?.type === 'rollback') return this.become('stable');
    const type = this.signalingState === 'have-remote-offer' ? 'answer' : 'offer';
    this.localDescription = { type, sdp: `v=0\r\no=- 1 ${(this.round += 1)} IN IP4 0.0.0.0\r\na=ice-ufrag:u${this.round}\r\n` };
    this.become(type === 'offer' ? 'have-local-offer' : 'stable');
  }

  async setRemoteDescription(description: { type: string; sdp: string }) {
    this.remoteDescription = description;
    if (description.type === 'answer') this.currentRemoteDescription = description;
    this.become(description.type === 'answer' ? 'stable' : 'have-remote-offer');
  }

  async addIceCandidate() {}

  gathers(type: string) {
    const candidate = { candidate: `candidate:1 1 udp 1 192.0.2.1 5000 typ ${type}`, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: null };
    this.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate }));
  }

  connects(state: string) {
    this.connectionState = state;
    this.dispatchEvent(new Event('connectionstatechange'));
  }

  /** The other end ends `what`: all of the connection, or the channel alone. */
  isClosed(what: 'all' | 'channel') {
    this.sctp = { state: what === 'all' ? 'closed' : 'connected' };
    this.channel.dispatchEvent(new Event('close'));
  }

  close() {
    this.signalingState = 'closed';
    this.connectionState = 'closed';
  }

  private become(state: string) {
    this.signalingState = state;
    this.dispatchEvent(new Event('signalingstatechange'));
  }
}

class FakeStream {
  getTracks() {
    return [];
  }
}

const turn = (credential: string) => [{ urls: ['turn:192.0.2.1:2022'], username: 'u', credential }];
const answer = (round: number, candidates = '') => ({
  type: 'answer', sdp: `v=0\r\no=- 2 ${round} IN IP4 0.0.0.0\r\na=ice-ufrag:r${round}\r\n${candidates}`,
});
const relayLine = 'a=candidate:1 1 udp 1 192.0.2.9 5000 typ relay raddr 0.0.0.0 rport 0\r\n';

describe('a call', () => {
  let socket: FakeSocket;
  let call: Call;
  const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
  const hears = (type: string) =>
    socket.fire('message', { type: 'candidate', candidate: `candidate:1 1 udp 1 192.0.2.9 5000 typ ${type}`, sdpMid: '0' });
  const pc = () => peers.at(-1)!;

  beforeEach(async () => {
    vi.useFakeTimers();
    vi.stubGlobal('RTCPeerConnection', FakePeer);
    vi.stubGlobal('MediaStream', FakeStream);
    peers = [];
    socket = new FakeSocket();
    const tokens = { get: () => undefined, set: () => undefined, clear: () => undefined };
    call = new Call({ room: 'r', makeSocket: () => socket, tokens, name: signal('Ada'), now: () => Date.now() });
    await call.enter();
    socket.fire('ice servers', turn('first'));
    socket.fire('created', 'r');
  });
  afterEach(() => {
    call.destroy();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  /** The other one is there, and media flows. */
  const goesLive = async () => {
    socket.fire('join', 'r');
    await settle();
    socket.fire('message', answer(1));
    await settle();
    pc().connects('connected');
  };

  test('uses the servers it was told of before its seat', async () => {
    await goesLive();
    expect(pc().configuration).toMatchObject({ iceServers: turn('first'), iceTransportPolicy: 'all' });
    expect(call.hasRelay.value).toBe(true);
  });

  test('takes renewed credentials for later, and disturbs nothing', async () => {
    await goesLive();
    call.path.value = 'relay';
    socket.fire('ice servers', turn('second'));
    await settle(1_000);
    expect(pc().done).toEqual([]);
    expect(socket.offers).toBe(1);
    pc().connects('failed');
    await settle(1_000);
    expect(pc().done).toEqual(['configure', 'restart']);
    expect(pc().configuration.iceServers).toEqual(turn('second'));
    expect(socket.offers).toBe(2);
  });

  test('forced through the relay gathers nothing else, at once, and so does its next connection', async () => {
    await goesLive();
    call.setRelayOnly(true);
    await settle();
    expect(peers).toHaveLength(2);
    expect(peers[0]!.connectionState).toBe('closed');
    expect(pc().configuration).toMatchObject({ iceServers: turn('first'), iceTransportPolicy: 'relay' });
    expect(socket.offers).toBe(2);
    socket.fire('message', answer(2));
    await settle();
    pc().connects('connected');
    socket.fire('message', { type: 'offer', sdp: 'v=0\r\no=- 99 1 IN IP4 0.0.0.0\r\n' }); // the other one reloads
    await settle();
    expect(peers).toHaveLength(3);
    expect(pc().configuration.iceTransportPolicy).toBe('relay');
    call.setRelayOnly(false);
    await settle();
    expect(peers).toHaveLength(4);
    expect(pc().configuration.iceTransportPolicy).toBe('all');
  });

  test('forced through the relay before there is anybody begins that way', async () => {
    call.setRelayOnly(true);
    await settle();
    expect(peers).toHaveLength(0);
    await goesLive();
    expect(pc().configuration.iceTransportPolicy).toBe('relay');
  });

  test('whose server is restarted waits for the new one’s credentials before it seeks another path', async () => {
    await goesLive();
    socket.connected = false;
    socket.fire('disconnect');
    pc().connects('disconnected');
    await settle(900);
    pc().connects('failed');
    expect(pc().done).toEqual([]);
    await settle(200); // the socket is back
    socket.fire('ice servers', turn('second'));
    socket.fire('created', 'r');
    await settle(10_000);
    expect(pc().done).toEqual([]);
    expect(call.phase.value).toBe('reconnecting'); // the other one is not back yet
    socket.fire('join', 'r');
    await settle(1_000);
    expect(pc().done).toEqual(['configure', 'restart']);
    expect(pc().configuration.iceServers).toEqual(turn('second'));
    socket.fire('message', answer(2));
    pc().connects('connected');
    expect(call.phase.value).toBe('live');
    expect(peers).toHaveLength(1);
  });

  test.each([
    ['ice_no_relay', ['host'], ['host', 'relay']],
    ['ice_no_relay', [], []],
    ['ice_peer_no_relay', ['host', 'relay'], ['host']],
    ['ice_peer_no_relay', ['relay'], []],
    ['ice_failed', ['relay'], ['relay']],
  ])('that finds no path says %s where this side had [%s] and the other one [%s]', async (why, mine, theirs) => {
    socket.fire('join', 'r');
    await settle();
    mine.forEach((type) => pc().gathers(type));
    socket.fire('message', answer(1));
    theirs.forEach(hears);
    await settle(61_000);
    expect(call.state.value).toMatchObject({ phase: 'ended', why });
  });

  test('counts candidates that come inside a description', async () => {
    socket.fire('join', 'r');
    await settle();
    pc().gathers('relay');
    socket.fire('message', answer(1, relayLine));
    await settle(61_000);
    expect(call.state.value.why).toBe('ice_failed');
  });

  test('that loses its path judges by what was tried since, not by what worked before', async () => {
    socket.fire('join', 'r');
    await settle();
    pc().gathers('relay');
    socket.fire('message', answer(1));
    hears('relay');
    await settle();
    pc().connects('connected');
    await settle(5_000);
    pc().connects('failed');
    await settle(1_000);
    pc().gathers('host');
    socket.fire('message', answer(2));
    hears('relay');
    await settle(61_000);
    expect(call.state.value).toMatchObject({ phase: 'ended', why: 'ice_no_relay' });
  });

  test('whose other end answers nothing says that it is gone', async () => {
    socket.fire('join', 'r');
    await settle();
    pc().gathers('host');
    await settle(61_000);
    expect(call.state.value).toMatchObject({ phase: 'ended', why: 'peer_gone' });
  });

  test('whose other page is closed says so at once, and waits for another one after 10 s', async () => {
    await goesLive();
    pc().isClosed('all');
    await settle(400);
    expect(call.state.value).toMatchObject({ phase: 'reconnecting', why: 'peer_closed' });
    expect(call.secondsLeft.value).toBe(10);
    await settle(9_000);
    expect(call.phase.value).toBe('reconnecting');
    await settle(1_500);
    expect(call.state.value).toMatchObject({ phase: 'waiting', why: 'peer_gone' });
    await goesLive(); // who needs longer is met anew
    expect(call.phase.value).toBe('live');
  });

  test('whose other page is loaded again goes on', async () => {
    await goesLive();
    pc().isClosed('all');
    await settle(1_000);
    await goesLive();
    await settle(20_000);
    expect(call.state.value).toMatchObject({ phase: 'live', why: undefined });
  });

  test('whose other one hangs up takes the end of the connection for no news', async () => {
    await goesLive();
    const phases: string[] = [];
    const stop = call.state.subscribe(({ phase }) => void phases.push(phase));
    pc().isClosed('all');
    await settle(200);
    socket.fire('message', 'bye');
    await settle(1_000);
    stop();
    expect(phases).toEqual(['live', 'ended']);
  });

  test('goes on when the other end closes the channel alone', async () => {
    await goesLive();
    pc().isClosed('channel');
    await settle(20_000);
    expect(call.phase.value).toBe('live');
  });

  test('whose other one is here again as a new page takes no notice of the former one’s end', async () => {
    await goesLive();
    socket.fire('join', 'r');
    pc().isClosed('all');
    await settle(20_000);
    expect(call.phase.value).toBe('live');
  });

  test('that loses its path asks whether the other page is there at all', async () => {
    await goesLive();
    pc().connects('disconnected');
    expect(call.secondsLeft.value).toBe(60); // with the sentence, not at the next beat
    expect(socket.sent.at(-1)).toMatchObject(['message', { type: 'media' }, expect.any(Function)]);
    socket.acknowledge({ ok: true });
    expect(call.state.value).toMatchObject({ phase: 'reconnecting', why: undefined });
    socket.acknowledge({ ok: false, code: 'nobody' });
    expect(call.state.value).toMatchObject({ phase: 'reconnecting', why: 'peer_closed' });
    await settle(10_500);
    expect(call.state.value).toMatchObject({ phase: 'waiting', why: 'peer_gone' });
  });

  test('that goes on is not ended by a mate without the server', async () => {
    await goesLive();
    socket.acknowledge({ ok: false, code: 'nobody' });
    await settle(20_000);
    expect(call.phase.value).toBe('live');
  });

  test('whose mate has not found the new server yet waits for it', async () => {
    await goesLive();
    socket.fire('created', 'r');
    pc().connects('disconnected');
    socket.acknowledge({ ok: false, code: 'nobody' });
    await settle(20_000);
    expect(call.state.value).toMatchObject({ phase: 'reconnecting', why: undefined });
  });

  test('keeps no credential and no token in its recording', async () => {
    await goesLive();
    socket.fire('message', { type: 'hello', token: 'secret-token' });
    const text = JSON.stringify(call.timeline.toJSON(false));
    expect(text).toContain('turn:192.0.2.1:2022');
    expect(text).not.toMatch(/first|secret-token/);
  });
});
