// SPDX-License-Identifier: MIT
// Watches a peer connection from outside and writes what it does into a timeline.

import { sampleBetween, selectedPair, snapshot, type Sample, type StatsSnapshot } from '../call/quality';
import type { Timeline } from './events';
import { parseCandidate } from './candidates';

/** Looks while a path is sought, ms; and afterwards, when a second is what a chart shows. */
const kFast = 250;
const kSlow = 1_000;

export interface Recorder {
  stop(): void;
}

export interface RecorderOptions {
  end?: 'a' | 'b';
  onSample?: (sample: Sample) => void;
}

export function record(pc: RTCPeerConnection, timeline: Timeline, options: RecorderOptions = {}): Recorder {
  const add = (...[ev, data]: Parameters<Timeline['add']>) => timeline.add(ev, data, options.end);
  const described = { local: '', remote: '' };
  const states = new Map<string, string>();
  const once = new Set<string>();
  let selected = '';
  let last: StatsSnapshot | undefined;
  let lastSampleAt = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const first = (key: string, action: () => void) => {
    if (once.has(key)) return;
    once.add(key);
    action();
  };

  const descriptions = () => {
    for (const side of ['local', 'remote'] as const) {
      const description = side === 'local' ? pc.localDescription : pc.remoteDescription;
      if (!description || description.sdp === described[side]) continue;
      // Candidates are added to a description as they come: the session's version tells news.
      const key = description.type + (/^o=.*$/m.exec(description.sdp)?.[0] ?? '');
      const ufrag = /^a=ice-ufrag:.*$/m.exec(description.sdp)?.[0] ?? '';
      described[side] = description.sdp;
      first(`sdp ${side} ${key} ${ufrag}`, () =>
        add(side === 'local' ? 'sdp.local' : 'sdp.remote', { type: description.type, sdp: description.sdp }),
      );
    }
  };

  const onSignaling = () => descriptions();
  const onCandidate = (event: RTCPeerConnectionIceEvent) => {
    const found = event.candidate;
    if (!found || found.candidate === '') return add('candidate.local', { end: true });
    const info = parseCandidate(found.candidate);
    const url = (found as { url?: string | null }).url;
    add('candidate.local', { candidate: found.candidate, mid: found.sdpMid, ...info, ...(url ? { url } : {}) });
  };
  const onCandidateError = (event: Event) => {
    const { errorCode, errorText, url } = event as RTCPeerConnectionIceErrorEvent;
    add('candidate.local', { error: errorCode, text: errorText, url });
  };
  const onTrack = (event: RTCTrackEvent) => add('track', { kind: event.track.kind, mid: event.transceiver.mid });
  const onConnection = () => {
    if (pc.connectionState === 'connected') void look();
    if (pc.connectionState === 'failed') add('check', { state: 'failed', connection: 'failed' });
  };

  const look = async () => {
    if (stopped) return;
    clearTimeout(timer);
    try {
      const now = snapshot(performance.now(), await pc.getStats());
      if (stopped) return;
      readPairs(now);
      readFirsts(now);
      if (last && now.at - lastSampleAt >= kSlow - 60) {
        const sample = sampleBetween(last, now);
        lastSampleAt = now.at;
        last = now;
        if (pc.connectionState === 'connected') {
          add('stats', { ...sample });
          options.onSample?.(sample);
        }
      }
      if (!last) {
        last = now;
        lastSampleAt = now.at;
      }
    } catch {
      // A closed connection has no statistics.
    }
    if (stopped || pc.connectionState === 'closed') return;
    timer = setTimeout(() => void look(), pc.connectionState === 'connected' && selected ? kSlow : kFast);
  };

  const readPairs = ({ stats }: StatsSnapshot) => {
    const byId = new Map(stats.map((stat) => [stat.id, stat]));
    const describe = (id: unknown) => {
      const stat = byId.get(String(id));
      return stat && {
        type: stat.candidateType,
        address: stat.address ?? stat.ip ?? '',
        port: stat.port,
        protocol: stat.protocol,
        priority: stat.priority,
        ...(stat.relayProtocol ? { relayProtocol: stat.relayProtocol } : {}),
      };
    };
    for (const pair of stats) {
      if (pair.type !== 'candidate-pair') continue;
      const local = describe(pair.localCandidateId);
      const remote = describe(pair.remoteCandidateId);
      const state = String(pair.state);
      if (!states.has(pair.id)) add('pair', { id: pair.id, local, remote, state });
      if (states.get(pair.id) !== state) {
        states.set(pair.id, state);
        add('check', {
          id: pair.id, state, local, remote, nominated: pair.nominated === true,
          requestsSent: pair.requestsSent, responsesReceived: pair.responsesReceived,
          requestsReceived: pair.requestsReceived,
        });
      }
    }
    const pair = selectedPair(stats);
    if (pair && pair.id !== selected && pair.state === 'succeeded') {
      selected = pair.id;
      const rtt = pair.currentRoundTripTime;
      const role = stats.find((stat) => stat.type === 'transport')?.iceRole;
      add('ice.selected', {
        id: pair.id, local: describe(pair.localCandidateId), remote: describe(pair.remoteCandidateId),
        ...(typeof rtt === 'number' ? { rtt_ms: rtt * 1_000 } : {}), ...(role ? { role } : {}),
      });
    }
  };

  const readFirsts = ({ stats }: StatsSnapshot) => {
    const transport = stats.find((stat) => stat.type === 'transport');
    if (pc.connectionState === 'connected' || transport?.dtlsState === 'connected') {
      first('dtls', () =>
        add('dtls.connected', {
          version: transport?.tlsVersion, cipher: transport?.dtlsCipher, srtp: transport?.srtpCipher,
        }),
      );
    }
    for (const stat of stats) {
      if (stat.type !== 'inbound-rtp') continue;
      const kind = String(stat.kind ?? stat.mediaType);
      if (Number(stat.packetsReceived) > 0) first(`rtp ${kind}`, () => add('rtp.first', { kind }));
    }
  };

  pc.addEventListener('signalingstatechange', onSignaling);
  pc.addEventListener('icecandidate', onCandidate);
  pc.addEventListener('icecandidateerror', onCandidateError);
  pc.addEventListener('track', onTrack);
  pc.addEventListener('connectionstatechange', onConnection);
  void look();
  return {
    stop() {
      if (stopped) return;
      stopped = true;
      clearTimeout(timer);
      pc.removeEventListener('signalingstatechange', onSignaling);
      pc.removeEventListener('icecandidate', onCandidate);
      pc.removeEventListener('icecandidateerror', onCandidateError);
      pc.removeEventListener('track', onTrack);
      pc.removeEventListener('connectionstatechange', onConnection);
    },
  };
}

/** Notes when `video` shows its first picture. */
export function recordFirstFrame(video: HTMLVideoElement, onFirst: (width: number, height: number) => void): void {
  const tell = () => onFirst(video.videoWidth, video.videoHeight);
  if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback(tell);
  else (video as HTMLVideoElement).addEventListener('loadeddata', tell, { once: true });
}
