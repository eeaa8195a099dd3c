// SPDX-License-Identifier: MIT
// One person's call in one room: ties signaling, negotiation, media, recovery and timeline together.

import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import {
  RoomClient, type Refusal, type RoomEvent, type SocketLike,
} from '../signaling/room_client';
import type { MediaState, PeerMessage } from '../signaling/messages';
import type { TokenStore } from '../signaling/tokens';
import { candidateTypes, parseCandidate, type Path } from '../timeline/candidates';
import { Timeline } from '../timeline/events';
import { record, type Recorder } from '../timeline/recorder';
import { Chat } from './chat';
import { Media, type Kind } from './media';
import { Negotiation } from './negotiation';
import { iceFailure, judge, type Sample, type Verdict } from './quality';
import { Recovery } from './recovery';
import { fingerprintOf, safetyNumber } from './safety';
import { inMedia, inRoom, kInitialState, transition, type CallEvent, type Why } from './state';

/** Seconds of samples kept for the charts. */
const kMaxSamples = 600;
/** How often time is looked at while in a room, ms; a countdown shows whole seconds. */
const kTick = 250;
/** Who hangs up closes the connection and says bye, by ways of different length. So long the end of the
 * connection is no news of its own, ms. */
const kByeWithin = 300;

const refusedWhy = (code: Refusal): Why =>
  code === 'bad-room' ? 'refused_bad_room' : code === 'limit' ? 'refused_limit' : 'refused_other';

export interface CallOptions {
  room: string;
  makeSocket: () => SocketLike;
  tokens: TokenStore;
  name: ReadonlySignal<string>;
  now?: () => number;
}

export class Call {
  readonly state = signal(kInitialState);
  readonly phase = computed(() => this.state.value.phase);
  readonly media = new Media();
  readonly chat = new Chat();
  readonly timeline: Timeline;
  readonly remoteStream = signal<MediaStream | undefined>(undefined);
  /** What the other end says it shows; nothing from one that doesn't say. */
  readonly peerMedia = signal<MediaState | undefined>(undefined);
  readonly samples = signal<readonly Sample[]>([]);
  readonly verdict = signal<Verdict>({ level: 'good' });
  /** Until a dead path is given up; nothing while all is well. */
  readonly secondsLeft = signal<number | undefined>(undefined);
  readonly slowStart = signal(false);
  readonly safety = signal<string[] | undefined>(undefined);
  /** Which way media goes; nothing while there is none. */
  readonly path = signal<Path | undefined>(undefined);
  /** This side takes no other way than the relay. */
  readonly relayOnly = signal(false);
  /** The server named a relay. */
  readonly hasRelay = signal(false);
  /** Pictures from the other end come in, by count rather than by what it says. */
  readonly framesFlow = signal(true);

  private readonly peerSeated = computed(() => this.state.value.peerSeated);
  private room: RoomClient | undefined;
  private readonly negotiation: Negotiation;
  private readonly recovery = new Recovery();
  private readonly now: () => number;
  /** Stood when the other one came (again), perhaps as a new page: its end is no news. */
  private former: RTCPeerConnection | undefined;
  private iceServers: RTCIceServer[] = [];
  private recorder: Recorder | undefined;
  private pending = new MediaStream();
  /** Joins sound and picture for the other end. Always the same: to browsers a new one is a reason to offer. */
  private readonly outgoing = new MediaStream();
  private timer: ReturnType<typeof setInterval> | undefined;
  private readonly stopEffects: (() => void)[];
  private destroyed = false;

  constructor(private readonly options: CallOptions) {
    this.now = options.now ?? (() => performance.now());
    this.timeline = new Timeline(this.now);
    this.media.onTrack = (track) => {
      const { kind, label } = track;
      this.timeline.add('media.local', { kind, label, asked: this.media.asked.get(track), settings: track.getSettings() });
    };
    this.negotiation = new Negotiation({
      createPeer: () => new RTCPeerConnection(this.configuration()),
      configure: (pc) => pc.setConfiguration(this.configuration()),
      send: (message) => void this.room?.send(message),
      attachMedia: (pc, making) => this.attachMedia(pc, making),
      onPeer: (pc, replaced) => this.adoptPeer(pc, replaced),
      onRemoteCandidate: ({ candidate, sdpMid }) =>
        this.timeline.add('candidate.remote', { candidate, mid: sdpMid, ...parseCandidate(candidate) }),
      onError: (error) => console.warn('negotiation:', error),
    });
    this.stopEffects = [
      effect(() => {
        void [this.media.outgoingVideo.value, this.media.microphone.value];
        if (this.negotiation.pc) this.attachMedia(this.negotiation.pc, 'change');
      }),
      effect(() => {
        const state = this.mediaState();
        if (this.peerSeated.value) this.room?.send(state);
      }),
    ];
  }

  get name(): string {
    return this.options.room;
  }

  get pc(): RTCPeerConnection | undefined {
    return this.negotiation.pc;
  }

  /** When media first flowed, in ms since the epoch, so that another page can go on; nothing before. */
  get began(): number | undefined {
    const { connectedAt } = this.state.value;
    return connectedAt === undefined ? undefined : Date.now() - this.now() + connectedAt;
  }

  /**
   * Joins, or joins again after an end; opens the devices that are wanted.
   *
   * @param began  of a call that goes on after a reload or in another tab, as began told it there
   */
  async enter(began?: number): Promise<void> {
    // A prompt may have been answered after the page went elsewhere.
    if (this.destroyed || inRoom(this.phase.value)) return;
    this.room?.close();
    this.chat.clear();
    this.timeline.clear();
    this.samples.value = [];
    this.verdict.value = { level: 'good' };
    this.dispatch({ type: 'enter', connectedAt: began === undefined ? undefined : began - Date.now() + this.now() });
    for (const track of [this.media.microphone.value, this.media.camera.value]) {
      if (track) this.media.onTrack?.(track);
    }
    this.timer = setInterval(() => this.tick(), kTick);
    this.room = new RoomClient({
      socket: this.options.makeSocket(),
      room: this.options.room,
      name: this.options.name.value,
      tokens: this.options.tokens,
      onEvent: (event) => this.handleRoom(event),
      onLog: (direction, event, values) =>
        this.timeline.add(direction === 'sent' ? 'signal.sent' : 'signal.received', logged(event, values)),
    });
    this.room.enter();
  }

  hangUp(): void {
    this.room?.send('bye');
    this.room?.leave();
    this.dispatch({ type: 'hang-up' });
  }

  seekPath(): void {
    void this.negotiation.restart();
  }

  /** Takes effect at once, since another path is sought. */
  setRelayOnly(on: boolean): void {
    this.relayOnly.value = on;
    this.seekPath();
  }

  /** Leaves nothing open; the page goes elsewhere. */
  destroy(): void {
    this.destroyed = true;
    if (inRoom(this.phase.value)) this.hangUp();
    this.room?.close();
    this.endPeer();
    this.negotiation.close();
    this.media.close();
    clearInterval(this.timer);
    for (const stop of this.stopEffects) stop();
  }

  /** The page goes away and may come back: what a reload needs stays on the server. */
  suspend(): void {
    this.negotiation.pc?.close();
  }

  noteFirstFrame(width: number, height: number): void {
    this.timeline.add('frame.first', { width, height });
  }

  /** What a host needs to help, without addresses or tokens. */
  diagnostics(): string {
    const { phase, signaling, why, duration } = this.state.value;
    return JSON.stringify(
      { duet: 1, browser: navigator.userAgent, phase, signaling, why, duration, timeline: this.timeline.toJSON() },
      null,
      1,
    );
  }

  private configuration(): RTCConfiguration {
    return {
      iceServers: this.iceServers,
      iceTransportPolicy: this.relayOnly.value ? 'relay' : 'all',
      bundlePolicy: 'max-bundle',
    };
  }

  private mediaState(): MediaState {
    return {
      type: 'media',
      audio: this.media.sendingAudio.value,
      video: this.media.outgoingVideo.value !== undefined,
      screen: this.media.screen.value !== undefined,
      name: this.options.name.value,
    };
  }

  private dispatch(event: CallEvent): void {
    const before = this.state.peek();
    const after = transition(before, event, this.now());
    if (after === before) return;
    this.state.value = after;
    const peerBefore = inMedia(before.phase) || before.phase === 'connecting';
    const peerAfter = inMedia(after.phase) || after.phase === 'connecting';
    if (peerBefore && !peerAfter) this.endPeer();
    if (inRoom(before.phase) && !inRoom(after.phase)) {
      this.timeline.add('ended', { phase: after.phase, why: after.why });
      clearInterval(this.timer);
      this.media.close();
      if (after.phase === 'ended' && event.type !== 'hang-up') this.room?.leave();
    }
  }

  private endPeer(): void {
    this.recorder?.stop();
    this.recorder = undefined;
    this.negotiation.reset();
    this.recovery.handleEnd();
    this.remoteStream.value = undefined;
    this.peerMedia.value = undefined;
    this.secondsLeft.value = undefined;
    this.slowStart.value = false;
    this.safety.value = undefined;
    this.path.value = undefined;
    this.verdict.value = { level: 'good' };
  }

  private handleRoom(event: RoomEvent): void {
    switch (event.type) {
      case 'up':
        this.dispatch({ type: 'signaling', state: 'up' });
        return;
      case 'down':
      case 'blocked':
        this.recovery.handleSignalingDown();
        return this.dispatch({ type: 'signaling', state: event.type });
      case 'created':
        return this.dispatch({ type: 'created' });
      case 'join':
      case 'joined': {
        const again = this.peerSeated.value;
        this.dispatch({ type: 'peer' });
        if (again) this.room?.send(this.mediaState()); // The other page may be a new one.
        this.former = this.pc;
        // Both are here and hold fresh servers; who hears `join` seeks a path, if there is none.
        this.recovery.handleSignalingUp(this.now());
        if (this.phase.value === 'connecting') this.recovery.handleStart(this.now());
        void this.negotiation.start(event.type === 'join' ? 'impolite' : 'polite');
        return;
      }
      case 'leave':
        return this.dispatch({ type: 'peer-left' });
      case 'draining':
        return this.dispatch({ type: 'draining' });
      case 'refused':
        if (event.code === 'full' || event.code === 'moved') return this.dispatch({ type: event.code });
        return this.dispatch({ type: 'refused', why: refusedWhy(event.code) });
      case 'ice-servers':
        // Comes before a seat, and again when half of the credential's life is over. What stands is
        // not told: the next offer would restart ICE by itself (RFC 9429 §5.2.3.1), and a relayed call
        // needs none, since its allocation is refreshed with the user and password that made it, as
        // RFC 8656 §5 demands and both browsers do, and the server lets an allocation outlive the time
        // in its user's name. What is gathered later, after trouble, takes the new ones.
        this.iceServers = event.servers;
        this.hasRelay.value = event.servers.some(({ urls }) => [urls].flat().some((url) => url.startsWith('turn')));
        return;
      case 'unheard':
        // Without a path and without a connection to the server: its page is gone. One that a new
        // server has not seen yet is on its way.
        if (this.phase.value === 'reconnecting' && this.peerSeated.value) this.awaitReturn();
        return;
      case 'message':
        return this.handleMessage(event.message);
    }
  }

  private handleMessage(message: PeerMessage): void {
    switch (message.type) {
      case 'offer':
      case 'answer':
        void this.negotiation.handleDescription(message);
        return;
      case 'candidate':
        void this.negotiation.handleCandidate(message);
        return;
      case 'media':
        this.peerMedia.value = message;
        return;
      case 'bye':
        return this.dispatch({ type: 'peer-bye' });
    }
  }

  private adoptPeer(pc: RTCPeerConnection, replaced: boolean): void {
    this.recorder?.stop();
    this.recorder = record(pc, this.timeline, {
      onSample: (sample) => this.handleSample(sample),
      onPath: (path) => (this.path.value = path),
    });
    const stream = new MediaStream();
    this.pending = stream;
    if (replaced) {
      this.dispatch({ type: 'interrupted' });
      this.recovery.handleReplaced(this.now());
    }
    pc.addEventListener('track', ({ track }) => {
      for (const old of stream.getTracks()) if (old.kind === track.kind) stream.removeTrack(old);
      stream.addTrack(track);
    });
    pc.addEventListener('datachannel', ({ channel }) => {
      if (channel.label === 'chat') this.watchChannel(pc, channel, true);
    });
    pc.addEventListener('connectionstatechange', () => this.handleConnection(pc));
  }

  private watchChannel(pc: RTCPeerConnection, channel: RTCDataChannel, adopt: boolean): void {
    if (adopt) this.chat.adopt(channel);
    const opened = () => this.timeline.add('channel.open', { label: channel.label });
    if (channel.readyState === 'open') opened();
    else channel.addEventListener('open', opened);
    // The other page is gone, long before ICE notices; unless it has closed this channel alone, or has
    // come back before.
    channel.addEventListener('close', () => setTimeout(() => {
      if (pc === this.negotiation.pc && pc !== this.former && pc.sctp?.state === 'closed') this.awaitReturn();
    }, kByeWithin));
  }

  private awaitReturn(): void {
    this.recovery.handleClosed(this.now());
    this.dispatch({ type: 'closed' });
    this.tick();
  }

  private handleConnection(pc: RTCPeerConnection): void {
    if (pc !== this.negotiation.pc) return;
    const now = this.now();
    this.recovery.handleConnection(pc.connectionState, now);
    switch (pc.connectionState) {
      case 'connected':
        this.remoteStream.value = this.pending;
        this.slowStart.value = false;
        this.framesFlow.value = true;
        this.dispatch({ type: 'connected' });
        void this.readSafety(pc);
        return;
      case 'disconnected':
        this.handleInterruption();
        this.room?.send(this.mediaState()); // A page that was killed has nobody to hear it.
        return;
      case 'failed': {
        const dtls = pc.getSenders().some((sender) => sender.transport?.state === 'failed');
        if (dtls) return this.dispatch({ type: 'gave-up', why: 'dtls_failed' });
        return this.handleInterruption();
      }
    }
  }

  private handleInterruption(): void {
    this.dispatch({ type: 'interrupted' });
    this.tick(); // the countdown is there with the sentence: in a tab behind others a timer is slow
  }

  private tick(): void {
    const now = this.now();
    const { phase, since } = this.state.value;
    this.slowStart.value = phase === 'connecting' && now - since > 5_000;
    this.secondsLeft.value = phase === 'reconnecting' ? this.recovery.secondsLeft(now) : undefined;
    const action = this.recovery.pollAction(now);
    if (action === 'restart') void this.negotiation.restart();
    if (action === 'gone') this.dispatch({ type: 'peer-left' });
    if (action === 'give-up') this.dispatch({ type: 'gave-up', why: this.iceWhy() });
  }

  /** Why nothing was found since the search began: what each side had to offer meanwhile. */
  private iceWhy(): Why {
    const began = this.timeline.clock() - (this.now() - this.state.value.since);
    const told = this.timeline.all().filter(({ at, ev }) => at >= began && /^(sdp|candidate)/.test(ev));
    const types = (side: string) => told.flatMap(({ ev, data }) => (ev.endsWith(side) ? candidateTypes(data) : []));
    // Who answers no offer is gone, whatever the server still believes.
    if (!told.some(({ ev }) => ev === 'sdp.remote')) return 'peer_gone';
    return iceFailure(types('local'), types('remote'));
  }

  private handleSample(sample: Sample): void {
    const before = this.samples.value.at(-1);
    this.samples.value = [...this.samples.value, sample].slice(-kMaxSamples);
    this.verdict.value = judge(this.samples.value);
    this.dispatch({ type: 'quality', poor: this.verdict.value.level === 'poor' });
    this.framesFlow.value = sample.framesIn === undefined || sample.framesIn !== before?.framesIn;
  }

  private async readSafety(pc: RTCPeerConnection): Promise<void> {
    const mine = fingerprintOf(pc.localDescription?.sdp ?? '');
    const theirs = fingerprintOf(pc.remoteDescription?.sdp ?? '');
    if (mine && theirs) this.safety.value = await safetyNumber(mine, theirs);
  }

  /** Both kinds have a transceiver that sends and receives; tracks come and go without an offer. */
  private attachMedia(pc: RTCPeerConnection, making: 'offer' | 'answer' | 'change'): void {
    if (pc.signalingState === 'closed') return;
    if (making === 'offer' && pc.getTransceivers().length === 0) {
      for (const kind of ['audio', 'video'] as const) pc.addTransceiver(kind, { direction: 'sendrecv' });
      this.watchChannel(pc, this.chat.create(pc), false);
    }
    const tracks: [Kind, MediaStreamTrack | undefined][] = [
      ['audio', this.media.microphone.value],
      ['video', this.media.outgoingVideo.value],
    ];
    for (const [kind, track] of tracks) {
      const known = pc.getTransceivers().find(
        (one) => one.receiver.track.kind === kind && one.direction !== 'stopped',
      );
      if (!known) {
        // The other end offered none of this kind: an own offer follows once this round is done.
        if (track && pc.remoteDescription) pc.addTransceiver(track, { direction: 'sendrecv', streams: [this.outgoing] });
        continue;
      }
      if (known.direction !== 'sendrecv') known.direction = 'sendrecv';
      if (making !== 'change') known.sender.setStreams?.(this.outgoing);
      if (known.sender.track !== (track ?? null)) {
        known.sender.replaceTrack(track ?? null).catch((error: unknown) => console.warn('replaceTrack:', error));
      }
    }
  }
}

/** A packet as the timeline keeps it: never a token, never a password. */
function logged(event: string, values: unknown[]): Record<string, unknown> {
  const text = JSON.stringify(values, (key, value: unknown) => (key === 'token' || key === 'credential' ? '…' : value));
  const body = JSON.parse(text) as unknown[];
  const first = body[0] as { type?: unknown } | undefined;
  const type = event === 'message' ? (first === undefined ? '' : (first?.type ?? first)) : undefined;
  return { event, ...(type === undefined ? {} : { type }), size: text.length, body };
}
