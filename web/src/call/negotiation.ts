// SPDX-License-Identifier: MIT
// Perfect negotiation over a peer connection that is replaced when the other end turns out to be new.

import { iceUfrag, sdpOrigin, sdpSessionId, type Candidate, type Description, type WireMessage } from '../signaling/messages';

export type Role = 'impolite' | 'polite';

export interface NegotiationOptions {
  createPeer: () => RTCPeerConnection;
  /** Tells `pc` what to gather with from now on; called before its ICE is restarted, by either end. */
  configure: (pc: RTCPeerConnection) => void;
  send: (message: WireMessage) => void;
  /** Puts local tracks onto `pc`; called before every offer, and after an offer before its answer. */
  attachMedia: (pc: RTCPeerConnection, making: 'offer' | 'answer') => Promise<void> | void;
  /** A new peer connection stands, the former one (if any) is closed. */
  onPeer: (pc: RTCPeerConnection, replaced: boolean) => void;
  onRemoteCandidate?: (candidate: Candidate) => void;
  onError?: (error: unknown) => void;
}

/** Candidates kept while no remote description stands; more than any honest peer trickles. */
const kMaxEarlyCandidates = 200;

/**
 * Who hears `join` offers and is impolite, who hears `joined` is polite (W3C webrtc
 * #perfect-negotiation-example). Everything runs one after the other in a queue, so an incoming
 * offer never meets one that is half made.
 */
export class Negotiation {
  pc: RTCPeerConnection | undefined;
  private role: Role = 'polite';
  private queue: Promise<void> = Promise.resolve();
  private early: Candidate[] = [];
  private ignoringOffer = false;
  private closed = false;

  constructor(private readonly options: NegotiationOptions) {}

  /** `join` or `joined` was heard, for the first time or after someone came back. */
  start(role: Role): Promise<void> {
    this.role = role;
    if (role === 'polite') return this.run(async () => void (this.pc ?? this.replacePeer()));
    // A path that works is left alone; where the other end is new after all, its answer says so.
    return this.run(() => (this.pc?.connectionState === 'connected' ? this.offer() : this.seekPath()));
  }

  /** Seeks another path to the same peer; does nothing without one. */
  restart(): Promise<void> {
    return this.run(async () => {
      if (this.pc) await this.seekPath();
    });
  }

  handleDescription(description: Description): Promise<void> {
    return this.run(() =>
      description.type === 'offer' ? this.handleOffer(description) : this.handleAnswer(description),
    );
  }

  handleCandidate(candidate: Candidate): Promise<void> {
    return this.run(async () => {
      this.options.onRemoteCandidate?.(candidate);
      if (!this.pc?.remoteDescription) {
        if (this.early.length < kMaxEarlyCandidates) this.early.push(candidate);
        return;
      }
      await this.addCandidate(this.pc, candidate);
    });
  }

  /** Ends the peer connection; a later start() makes a new one. */
  reset(): void {
    this.pc?.close();
    this.pc = undefined;
    this.early = [];
    this.ignoringOffer = false;
  }

  close(): void {
    this.closed = true;
    this.reset();
  }

  /** Waits for all that is queued; for tests and for an orderly end. */
  idle(): Promise<void> {
    return this.queue;
  }

  private run(task: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(async () => {
      if (this.closed) return;
      try {
        await task();
      } catch (error) {
        this.options.onError?.(error);
      }
    });
    return this.queue;
  }

  private replacePeer(): RTCPeerConnection {
    const replaced = this.pc !== undefined;
    this.pc?.close();
    const pc = this.options.createPeer();
    this.pc = pc;
    this.early = [];
    this.ignoringOffer = false;
    let toldEnd = false;
    pc.addEventListener('icecandidate', (event) => {
      if (pc !== this.pc) return;
      const found = event.candidate;
      if (found === null ? toldEnd : found.candidate === '' && toldEnd) return;
      toldEnd = !found?.candidate;
      this.options.send({
        type: 'candidate',
        candidate: found?.candidate ?? '',
        sdpMid: found?.sdpMid ?? null,
        sdpMLineIndex: found?.sdpMLineIndex ?? null,
        usernameFragment: found?.usernameFragment ?? null,
      });
    });
    pc.addEventListener('negotiationneeded', () => {
      void this.run(async () => {
        // The polite end keeps quiet until the first offer came: who hears `join` makes it.
        const mayOffer = this.role === 'impolite' || pc.remoteDescription !== null;
        if (pc === this.pc && mayOffer && pc.signalingState === 'stable') await this.offer();
      });
    });
    this.options.onPeer(pc, replaced);
    return pc;
  }

  /**
   * Restarts ICE where the old path has failed, and else makes a new peer connection, which the other
   * end meets as it meets a reload. Over a path that works, or comes back meanwhile, a restart is no
   * way to another one. Chromium keeps pairs that work, whatever the policy. It also nominates a pair
   * of its new candidate and the other's old one, if that still answers, and Firefox takes no media
   * from it: both stay connected, and the picture stands still.
   */
  private async seekPath(): Promise<void> {
    const failed = this.pc?.connectionState === 'failed';
    if (!failed) this.replacePeer();
    await this.offer(failed);
  }

  private async offer(restart = false): Promise<void> {
    const pc = this.pc;
    if (!pc) return;
    // An offer whose answer was lost with the signaling connection would block all others.
    if (pc.signalingState === 'have-local-offer') await pc.setLocalDescription({ type: 'rollback' });
    if (pc.signalingState !== 'stable') return;
    if (restart) {
      this.options.configure(pc);
      pc.restartIce();
    }
    await this.options.attachMedia(pc, 'offer');
    await pc.setLocalDescription();
    this.sendDescription(pc);
  }

  private sendDescription(pc: RTCPeerConnection, to?: string): void {
    const description = pc.localDescription;
    if (pc !== this.pc || !description) return;
    if (description.type !== 'offer' && description.type !== 'answer') return;
    this.options.send({ type: description.type, sdp: description.sdp, to });
  }

  /** Does `sdp` come from another peer connection than the one this end talked to? */
  private fromNewPeer(pc: RTCPeerConnection, sdp: string): boolean {
    const known = pc.currentRemoteDescription ?? pc.remoteDescription;
    return known !== null && sdpSessionId(known.sdp) !== sdpSessionId(sdp);
  }

  private async handleOffer(offer: Description): Promise<void> {
    let pc = this.pc;
    if (!pc || pc.connectionState === 'closed' || this.fromNewPeer(pc, offer.sdp)) {
      const early = this.early;
      pc = this.replacePeer();
      this.early = early;
    }
    this.ignoringOffer = this.role === 'impolite' && pc.signalingState !== 'stable';
    if (this.ignoringOffer) return;
    if (restartsIce(pc, offer.sdp)) this.options.configure(pc);
    await pc.setRemoteDescription(offer); // Rolls an own offer back where there is one.
    await this.addEarlyCandidates(pc);
    await this.options.attachMedia(pc, 'answer');
    await pc.setLocalDescription();
    this.sendDescription(pc, sdpOrigin(offer.sdp));
  }

  private async handleAnswer(answer: Description): Promise<void> {
    const pc = this.pc;
    if (!pc || pc.signalingState !== 'have-local-offer') return;
    // For an offer of the connection before this one, which both were quick to replace. Taken for this
    // one's, it would name a certificate that nobody shows any more. Others' answers don't say.
    if (answer.to && answer.to !== sdpOrigin(pc.localDescription?.sdp ?? '')) return;
    if (this.fromNewPeer(pc, answer.sdp)) {
      // The other end was reloaded and answered an offer that was meant for its former self.
      this.replacePeer();
      return this.offer();
    }
    await pc.setRemoteDescription(answer);
    await this.addEarlyCandidates(pc);
  }

  private async addEarlyCandidates(pc: RTCPeerConnection): Promise<void> {
    const early = this.early;
    this.early = [];
    for (const candidate of early) await this.addCandidate(pc, candidate);
  }

  private async addCandidate(pc: RTCPeerConnection, candidate: Candidate): Promise<void> {
    const { candidate: line, sdpMid, sdpMLineIndex, usernameFragment } = candidate;
    try {
      await pc.addIceCandidate({ candidate: line, sdpMid, sdpMLineIndex, usernameFragment });
    } catch {
      // One of an ignored offer, of a former peer, or that this browser can't read: others remain.
    }
  }
}

/** Does the offer `sdp` begin a new round of candidates (RFC 8839 §4.4.3.1)? */
function restartsIce(pc: RTCPeerConnection, sdp: string): boolean {
  const known = pc.currentRemoteDescription;
  return known !== null && iceUfrag(known.sdp) !== iceUfrag(sdp);
}
