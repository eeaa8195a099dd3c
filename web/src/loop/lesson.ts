// SPDX-License-Identifier: MIT
// Two peer connections in one page that hand each other their messages: the lesson's machinery.

import { signal } from '@preact/signals';
import { parseCandidate } from '../timeline/candidates';
import type { Timeline } from '../timeline/events';
import { record, type Recorder } from '../timeline/recorder';
import { drawnMedia } from './drawn_picture';

export type LessonState = 'idle' | 'asking' | 'started' | 'calling' | 'connected' | 'failed' | 'ended';
type End = 'a' | 'b';

/** The picture that the lesson asks for, px. */
const kAsked = { width: 640, height: 360 };

export class Lesson {
  readonly state = signal<LessonState>('idle');
  readonly local = signal<MediaStream | undefined>(undefined);
  readonly remote = signal<MediaStream | undefined>(undefined);
  /** No device could be opened, a drawn picture stands in. */
  readonly drawn = signal(false);
  private ends: Partial<Record<End, RTCPeerConnection>> = {};
  private recorders: Recorder[] = [];
  private stopDrawing: (() => void) | undefined;
  /** Grows with each hang-up: what was begun before it leads nowhere. */
  private round = 0;

  constructor(private readonly timeline: Timeline) {}

  /** Step 1: camera and microphone, or what is drawn where there are none. */
  async start(): Promise<void> {
    if (this.local.value || this.state.value === 'asking') return;
    const { round } = this;
    this.state.value = 'asking';
    this.timeline.clear();
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: kAsked });
      this.drawn.value = false;
      if (round !== this.round) return stream.getTracks().forEach((track) => track.stop());
    } catch {
      if (round !== this.round) return;
      const made = drawnMedia();
      stream = made.stream;
      this.stopDrawing = made.stop;
      this.drawn.value = true;
    }
    for (const track of stream.getTracks()) {
      const { kind, label } = track;
      const asked = kind === 'video' ? kAsked : {};
      this.timeline.add('media.local', { kind, label, asked, settings: track.getSettings() }, 'a');
    }
    this.local.value = stream;
    this.state.value = 'started';
  }

  /** Step 2: both ends come to life; end a offers, end b answers, candidates go both ways. */
  async call(): Promise<void> {
    const stream = this.local.value;
    if (!stream || this.ends.a) return;
    this.state.value = 'calling';
    const a = this.makeEnd('a');
    const b = this.makeEnd('b');
    const incoming = new MediaStream();
    b.addEventListener('track', ({ track }) => {
      incoming.addTrack(track);
      this.remote.value = incoming;
    });
    a.addEventListener('connectionstatechange', () => {
      if (a !== this.ends.a) return;
      if (a.connectionState === 'connected' || a.connectionState === 'failed') this.state.value = a.connectionState;
    });
    const chat = a.createDataChannel('chat');
    chat.addEventListener('open', () => this.timeline.add('channel.open', { label: 'chat' }, 'a'));
    for (const track of stream.getTracks()) a.addTrack(track, stream);
    try {
      await a.setLocalDescription();
      await this.pass('a', a.localDescription!);
      await b.setLocalDescription();
      await this.pass('b', b.localDescription!);
    } catch {
      // Hung up meanwhile: closed connections take nothing more.
      if (a === this.ends.a) this.state.value = 'failed';
    }
  }

  hangUp(): void {
    this.round += 1;
    for (const recorder of this.recorders) recorder.stop();
    for (const end of Object.values(this.ends)) end.close();
    if (this.ends.a) this.timeline.add('ended', {}, 'a');
    this.recorders = [];
    this.ends = {};
    this.remote.value = undefined;
    for (const track of this.local.value?.getTracks() ?? []) track.stop();
    this.stopDrawing?.();
    this.stopDrawing = undefined;
    this.local.value = undefined;
    this.state.value = this.state.value === 'idle' ? 'idle' : 'ended';
  }

  /** The picture is shown by the far end; the lesson is told from the near one. */
  noteFirstFrame(width: number, height: number): void {
    this.timeline.add('frame.first', { width, height }, 'a');
  }

  private makeEnd(name: End): RTCPeerConnection {
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    this.ends[name] = pc;
    this.recorders.push(record(pc, this.timeline, { end: name }));
    pc.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate) void this.passCandidate(name, candidate);
    });
    return pc;
  }

  private readonly waiting: Record<End, RTCIceCandidate[]> = { a: [], b: [] };

  private async passCandidate(from: End, candidate: RTCIceCandidate): Promise<void> {
    const to: End = from === 'a' ? 'b' : 'a';
    const pc = this.ends[to];
    if (!pc) return;
    this.note(from, 'candidate', candidate.toJSON());
    // A candidate before its description means nothing yet.
    if (!pc.remoteDescription) return void this.waiting[to].push(candidate);
    await this.addTo(to, candidate);
  }

  private async addTo(to: End, candidate: RTCIceCandidate): Promise<void> {
    const { candidate: line, sdpMid } = candidate;
    if (line !== '') {
      this.timeline.add('candidate.remote', { candidate: line, mid: sdpMid, ...parseCandidate(line) }, to);
    }
    await this.ends[to]?.addIceCandidate(candidate).catch(() => undefined);
  }

  private async pass(from: End, description: RTCSessionDescription): Promise<void> {
    const to: End = from === 'a' ? 'b' : 'a';
    this.note(from, description.type, { type: description.type, sdp: description.sdp });
    await this.ends[to]?.setRemoteDescription(description);
    for (const candidate of this.waiting[to].splice(0)) await this.addTo(to, candidate);
  }

  private note(from: End, type: string, body: object): void {
    const data = { event: 'message', type, size: JSON.stringify(body).length, body: [body] };
    this.timeline.add('signal.sent', data, from);
    this.timeline.add('signal.received', data, from === 'a' ? 'b' : 'a');
  }
}
