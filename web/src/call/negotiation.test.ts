// SPDX-License-Identifier: MIT
// Two negotiations over a model of the peer connection that keeps to JSEP's signaling states.

import { describe, expect, test } from 'vitest';
import type { Candidate, Description, WireMessage } from '../signaling/messages';
import { Negotiation } from './negotiation';

let sessions = 0;

/** What negotiation uses of RTCPeerConnection, with descriptions of a few lines. */
class FakePeer extends EventTarget {
  signalingState = 'stable';
  connectionState = 'new';
  localDescription: Description | null = null;
  remoteDescription: Description | null = null;
  currentRemoteDescription: Description | null = null;
  candidates: string[] = [];
  restarts = 0;
  configured = 0;
  readonly session = String((sessions += 1));
  private version = 0;

  restartIce() {
    this.restarts += 1;
  }

  async setLocalDescription(description?: { type: string }) {
    if (description?.type === 'rollback') {
      this.signalingState = 'stable';
      return;
    }
    const type = this.signalingState === 'have-remote-offer' ? 'answer' : 'offer';
    this.localDescription = { type, sdp: `v=0\r\no=- ${this.session} ${(this.version += 1)} IN IP4 0.0.0.0\r\na=ice-ufrag:${this.session}.${this.restarts}\r\n` };
    this.signalingState = type === 'offer' ? 'have-local-offer' : 'stable';
    if (type === 'answer') this.currentRemoteDescription = this.remoteDescription;
  }

  async setRemoteDescription(description: Description) {
    if (description.type === 'answer' && this.signalingState !== 'have-local-offer') throw new Error('state');
    this.remoteDescription = description;
    if (description.type === 'answer') {
      this.signalingState = 'stable';
      this.currentRemoteDescription = description;
    } else this.signalingState = 'have-remote-offer';
  }

  async addIceCandidate({ candidate }: { candidate?: string }) {
    if (!this.remoteDescription) throw new Error('no remote description');
    this.candidates.push(candidate ?? '');
  }

  close() {
    this.connectionState = 'closed';
    this.signalingState = 'closed';
  }
}

interface End {
  negotiation: Negotiation;
  peers: FakePeer[];
  outbox: WireMessage[];
}

function makeEnd(): End {
  const end: End = { peers: [], outbox: [] } as unknown as End;
  end.negotiation = new Negotiation({
    createPeer: () => {
      const peer = new FakePeer();
      end.peers.push(peer);
      return peer as unknown as RTCPeerConnection;
    },
    configure: (pc) => void ((pc as unknown as FakePeer).configured += 1),
    send: (message) => void end.outbox.push(message),
    attachMedia: () => undefined,
    onPeer: () => undefined,
    onError: (error) => {
      throw error;
    },
  });
  return end;
}

const kCandidate: Candidate = { type: 'candidate', candidate: 'candidate:1 1 udp 1 192.0.2.1 1 typ host', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: null };

/** Hands everything over until both are silent. */
async function exchange(a: End, b: End) {
  for (let round = 0; round < 20; round += 1) {
    await Promise.all([a.negotiation.idle(), b.negotiation.idle()]);
    const [fromA, fromB] = [a.outbox.splice(0), b.outbox.splice(0)];
    if (fromA.length + fromB.length === 0) return;
    for (const [to, list] of [[b, fromA], [a, fromB]] as const) {
      for (const message of list) {
        if (message !== 'bye' && (message.type === 'offer' || message.type === 'answer')) {
          await to.negotiation.handleDescription(message);
        } else if (message !== 'bye' && message.type === 'candidate') await to.negotiation.handleCandidate(message);
      }
    }
  }
  throw new Error('the two ends never fall silent');
}

const peerOf = (end: End) => end.peers.at(-1)!;

/** Both stable, each with the other's newest session as its remote one. */
function expectAgreed(a: End, b: End) {
  for (const [mine, theirs] of [[peerOf(a), peerOf(b)], [peerOf(b), peerOf(a)]] as const) {
    expect(mine.signalingState).toBe('stable');
    expect(mine.currentRemoteDescription?.sdp).toContain(` ${theirs.session} `);
  }
}

async function connected() {
  const [a, b] = [makeEnd(), makeEnd()];
  void a.negotiation.start('impolite');
  void b.negotiation.start('polite');
  await exchange(a, b);
  return { a, b };
}

describe('negotiation', () => {
  test('who hears join offers, who hears joined answers', async () => {
    const { a, b } = await connected();
    expect(peerOf(a).localDescription?.type).toBe('offer');
    expect(peerOf(b).localDescription?.type).toBe('answer');
    expectAgreed(a, b);
  });

  test.each([['connected', 1, 0], ['failed', 1, 1], ['disconnected', 2, 0], ['connecting', 2, 0]])(
    'meets a peer that is still there, over a path that is %s: %i connections, %i restarts of ICE',
    async (state, connections, restarts) => {
      const { a, b } = await connected();
      peerOf(a).connectionState = state;
      void a.negotiation.start('impolite');
      void b.negotiation.start('polite');
      await exchange(a, b);
      expect([a.peers.length, b.peers.length, peerOf(a).restarts]).toEqual([connections, connections, restarts]);
      // What is new to gather with is told for a restart alone: it would make one of any offer.
      expect([peerOf(a).configured, peerOf(b).configured]).toEqual([restarts, restarts]);
      expectAgreed(a, b);
    },
  );

  test.each(['connected', 'failed', 'disconnected'])('meets a reloaded peer with a new connection, also where the old one looks %s', async (state) => {
    const { a } = await connected();
    peerOf(a).connectionState = state;
    const reloaded = makeEnd();
    void a.negotiation.start('impolite');
    void reloaded.negotiation.start('polite');
    await exchange(a, reloaded);
    expect(a.peers.length).toBeGreaterThan(1);
    expect(a.peers[0]!.connectionState).toBe('closed');
    expectAgreed(a, reloaded);
  });

  test('takes the offer of a reloaded peer whose turn it is to offer', async () => {
    const { b } = await connected();
    const reloaded = makeEnd();
    void b.negotiation.start('polite');
    void reloaded.negotiation.start('impolite');
    await exchange(reloaded, b);
    expect(b.peers.length).toBe(2);
    expectAgreed(reloaded, b);
  });

  test('settles offers that cross on the way: the polite one yields', async () => {
    const { a, b } = await connected();
    void a.negotiation.restart();
    void b.negotiation.restart();
    await exchange(a, b);
    expectAgreed(a, b);
    expect(peerOf(a).localDescription?.type).toBe('offer');
    expect(peerOf(b).localDescription?.type).toBe('answer');
  });

  test.each([[['a']], [['b']], [['a', 'b']]])('agrees on new connections that %j made for the same peer', async (who) => {
    const ends = await connected();
    for (const name of who) void ends[name as 'a' | 'b'].negotiation.restart();
    await exchange(ends.a, ends.b);
    expectAgreed(ends.a, ends.b);
    expect([ends.a.peers.length, ends.b.peers.length]).toEqual([2, 2]);
    expect([ends.a.peers[0]!.signalingState, ends.b.peers[0]!.signalingState]).toEqual(['closed', 'closed']);
  });

  test('offers again after an offer that was lost with the signaling connection', async () => {
    const { a, b } = await connected();
    await a.negotiation.restart();
    a.outbox.length = 0; // lost
    expect(peerOf(a).signalingState).toBe('have-local-offer');
    void a.negotiation.start('impolite');
    await exchange(a, b);
    expectAgreed(a, b);
  });

  test('keeps candidates that come before their description, and bounds them', async () => {
    const [a, b] = [makeEnd(), makeEnd()];
    for (let count = 0; count < 300; count += 1) await b.negotiation.handleCandidate(kCandidate);
    void a.negotiation.start('impolite');
    await a.negotiation.idle();
    await b.negotiation.handleDescription(a.outbox[0] as Description);
    expect(peerOf(b).candidates.length).toBe(200);
  });

  test('takes no answer to an offer of the connection before for that to its own', async () => {
    const { a, b } = await connected();
    peerOf(b).dispatchEvent(new Event('negotiationneeded'));
    void b.negotiation.restart();
    await exchange(a, b);
    expectAgreed(a, b);
    expect(b.peers.length).toBe(2);
  });

  test('takes answers that do not say what they are for', async () => {
    const { a, b } = await connected();
    void a.negotiation.restart();
    await a.negotiation.idle();
    for (const message of a.outbox.splice(0)) if (message !== 'bye' && message.type === 'offer') await b.negotiation.handleDescription(message);
    for (const message of b.outbox.splice(0)) {
      if (message !== 'bye' && message.type === 'answer') await a.negotiation.handleDescription({ type: 'answer', sdp: message.sdp });
    }
    expectAgreed(a, b);
  });

  test('ignores an answer nobody asked for', async () => {
    const { a, b } = await connected();
    await a.negotiation.handleDescription({ type: 'answer', sdp: 'v=0\r\no=- 999 1 IN IP4 0.0.0.0\r\n' });
    expect(a.peers.length).toBe(1);
    expectAgreed(a, b);
  });

  test('is silent once closed', async () => {
    const { a } = await connected();
    a.negotiation.close();
    await a.negotiation.start('impolite');
    expect(a.outbox).toEqual([]);
  });
});
