// SPDX-License-Identifier: MIT
// This end's camera, microphone, screen and loudspeaker: what is open, what is wrong, what there is.

import { computed, signal } from '@preact/signals';
import { mediaProblem, missingApi, type MediaProblem } from './media_errors';

export type Kind = 'audio' | 'video';

/** An unanswered permission prompt is spoken of after this, ms. */
const kIgnoredAfter = 15_000;

const kVideoWish: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30 },
};
const kAudioWish: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

const remember = (key: string, value?: string): string => {
  try {
    if (value !== undefined) localStorage.setItem(`duet.${key}`, value);
    return localStorage.getItem(`duet.${key}`) ?? '';
  } catch {
    return value ?? '';
  }
};

export class Media {
  readonly camera = signal<MediaStreamTrack | undefined>(undefined);
  readonly microphone = signal<MediaStreamTrack | undefined>(undefined);
  readonly screen = signal<MediaStreamTrack | undefined>(undefined);
  /** The microphone is open and its sound is sent. */
  readonly unmuted = signal(true);
  /** The person wants the camera on; it may still be missing. */
  readonly cameraWanted = signal(true);
  readonly problems = signal<{ audio?: MediaProblem; video?: MediaProblem }>({});
  readonly devices = signal<MediaDeviceInfo[]>([]);
  readonly busy = signal(false);
  readonly cameraId = signal(remember('camera'));
  readonly microphoneId = signal(remember('microphone'));
  readonly speakerId = signal(remember('speaker'));

  /** What the other one should see: the screen where it is shared, else the camera. */
  readonly outgoingVideo = computed(() => this.screen.value ?? this.camera.value);
  readonly sendingAudio = computed(() => this.microphone.value !== undefined && this.unmuted.value);

  /** Told once about tracks as they are opened, for the timeline. */
  onTrack: ((track: MediaStreamTrack) => void) | undefined;
  /** What each of them was opened with. */
  readonly asked = new WeakMap<MediaStreamTrack, MediaTrackConstraints>();

  private watching = false;
  /** Grows with each close(): what a prompt of before brings is given back unused. */
  private round = 0;

  /** Opens what is wanted and not open; each kind fails by itself. */
  async open(want: { audio: boolean; video: boolean }): Promise<void> {
    const missing = missingApi({
      secure: window.isSecureContext,
      present: typeof navigator.mediaDevices?.getUserMedia === 'function',
    });
    if (missing) {
      this.problems.value = { audio: missing, video: missing };
      return;
    }
    this.watchDevices();
    const audio = want.audio && !this.microphone.value;
    const video = want.video && !this.camera.value;
    if (!audio && !video) return this.refreshDevices();
    const { round } = this;
    this.busy.value = true;
    const ignored = setTimeout(() => {
      if (round === this.round) this.report(video ? 'video' : 'audio', 'gum_ignored');
    }, kIgnoredAfter);
    try {
      // One prompt for both; where that fails, one by one tells which of them is at fault.
      if (!(audio && video && (await this.tryOpen(true, true)))) {
        if (round === this.round && audio && !this.microphone.value) await this.openOne('audio');
        if (round === this.round && video && !this.camera.value) await this.openOne('video');
      }
    } finally {
      clearTimeout(ignored);
      this.busy.value = false;
    }
    await this.refreshDevices();
  }

  async setCamera(on: boolean): Promise<void> {
    this.cameraWanted.value = on;
    if (on) return this.open({ audio: false, video: true });
    this.stop('video');
    this.report('video', undefined);
  }

  async setMicrophone(on: boolean): Promise<void> {
    this.unmuted.value = on;
    if (this.microphone.value) this.microphone.value.enabled = on;
    else if (on) await this.open({ audio: true, video: false });
  }

  async choose(kind: Kind, deviceId: string): Promise<void> {
    const chosen = kind === 'video' ? this.cameraId : this.microphoneId;
    chosen.value = remember(kind === 'video' ? 'camera' : 'microphone', deviceId);
    this.stop(kind);
    if (kind === 'video') this.cameraWanted.value = true;
    await this.open({ audio: kind === 'audio', video: kind === 'video' });
  }

  chooseSpeaker(deviceId: string): void {
    this.speakerId.value = remember('speaker', deviceId);
  }

  /** @returns false if the person chose nothing or the browser can't */
  async shareScreen(): Promise<boolean> {
    const { round } = this;
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15 } } });
      const track = stream.getVideoTracks()[0];
      if (!track) return false;
      if (round !== this.round) {
        track.stop();
        return true;
      }
      track.contentHint = 'detail';
      track.addEventListener('ended', () => {
        if (this.screen.value === track) this.screen.value = undefined;
      });
      this.screen.value = track;
      return true;
    } catch {
      return false;
    }
  }

  stopScreen(): void {
    this.screen.value?.stop();
    this.screen.value = undefined;
  }

  /** Gives every device back: lights go off, and stay off whatever a prompt or a hidden page still brings. */
  close(): void {
    this.round += 1;
    this.stop('audio');
    this.stop('video');
    this.stopScreen();
    this.problems.value = {};
  }

  of(kind: MediaDeviceKind): MediaDeviceInfo[] {
    return this.devices.value.filter((device) => device.kind === kind && device.deviceId !== '');
  }

  async refreshDevices(): Promise<void> {
    try {
      this.devices.value = await navigator.mediaDevices.enumerateDevices();
    } catch {
      this.devices.value = [];
    }
  }

  private stop(kind: Kind): void {
    const holder = kind === 'video' ? this.camera : this.microphone;
    const track = holder.value;
    holder.value = undefined;
    track?.stop();
  }

  private report(kind: Kind, problem: MediaProblem | undefined): void {
    const { [kind]: known, ...rest } = this.problems.value;
    if (!known && !problem) return; // who looks for a new one finds none
    this.problems.value = problem ? { ...rest, [kind]: problem } : rest;
  }

  private wish(kind: Kind, exact: boolean): MediaTrackConstraints {
    const id = kind === 'video' ? this.cameraId.value : this.microphoneId.value;
    const base = kind === 'video' ? kVideoWish : kAudioWish;
    return id && exact ? { ...base, deviceId: { exact: id } } : base;
  }

  private async tryOpen(audio: boolean, video: boolean, exact = true): Promise<boolean> {
    const asked = {
      audio: audio && this.wish('audio', exact),
      video: video && this.wish('video', exact),
    };
    try {
      await this.ask(asked);
      return true;
    } catch {
      return false;
    }
  }

  private async ask(asked: MediaStreamConstraints): Promise<void> {
    const { round } = this;
    const stream = await navigator.mediaDevices.getUserMedia(asked);
    if (round === this.round) this.adopt(stream, asked);
    else for (const track of stream.getTracks()) track.stop();
  }

  private async openOne(kind: Kind): Promise<void> {
    const { round } = this;
    const ask = (exact: boolean) => this.ask({ [kind]: this.wish(kind, exact) });
    try {
      await ask(true);
    } catch (error) {
      if (round !== this.round) return;
      const problem = mediaProblem(error, kind);
      this.report(kind, problem);
      // The device chosen last time may be gone, or can't do what it is asked: take the default.
      if (problem !== 'gum_constraint') return;
      try {
        await ask(false);
        this.report(kind, 'gum_constraint');
      } catch (second) {
        this.report(kind, mediaProblem(second, kind));
      }
    }
  }

  private adopt(stream: MediaStream, asked: MediaStreamConstraints): void {
    for (const track of stream.getTracks()) {
      const kind = track.kind as Kind;
      const holder = kind === 'video' ? this.camera : this.microphone;
      // The person may have switched the camera off again while the prompt was open.
      if (holder.value || (kind === 'video' && !this.cameraWanted.value)) {
        track.stop();
        continue;
      }
      if (kind === 'audio') track.enabled = this.unmuted.value;
      this.report(kind, undefined);
      track.addEventListener('ended', () => {
        if (holder.value !== track) return;
        holder.value = undefined;
        this.report(kind, kind === 'video' ? 'track_ended' : 'mic_ended');
      });
      const wish = asked[kind];
      this.asked.set(track, typeof wish === 'object' ? wish : {});
      holder.value = track;
      this.onTrack?.(track);
    }
  }

  private watchDevices(): void {
    if (this.watching) return;
    this.watching = true;
    navigator.mediaDevices.addEventListener('devicechange', () => void this.refreshDevices());
    // Phones end tracks while the page is hidden: take the camera again when it comes back.
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'visible') return;
      const { audio, video } = this.problems.value;
      if (video === 'track_ended' && this.cameraWanted.value) void this.open({ audio: false, video: true });
      if (audio === 'mic_ended') void this.open({ audio: true, video: false });
    });
  }
}
