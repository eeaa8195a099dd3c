// SPDX-License-Identifier: MIT
// Watches a peer connection from outside and writes what it does into a timeline.

import { sampleBetween, selectedPair, snapshot, type Sample, type StatsSnapshot } from '../call/quality';
import type { EventName, Timeline } from './events';
import { parseCandidate, pathOf, type Path } from './candidates';

/** Looks while checks run, while nothing does, and once a path is there, ms: a chart shows seconds. */
const kChecking = 50;
const kIdle = 250;
const kSlow = 1_000;

export interface Recorder {
  stop(): void;
}

export interface RecorderOptions {
  end?: 'a' | 'b';
  onSample?: (sample: Sample) => void;
  onPath?: (path: Path) => void;
}

/**
 * Statistics tell what was selected and agreed on, but only when they are asked; the transports' own
 * events tell when it was. So an event marks the time, and asks.
 */
export function record(pc: RTCPeerConnection, timeline: Timeline, options: RecorderOptions = {}): Recorder {
  const add = (ev: EventName, data: Record<string, unknown>, at?: number) => timeline.add(ev, data, options.end, at);
  const described = { local: '', remote: '' };
  const states = new Map<string, string>();
  const once = new Set<string>();
  let selected = '';
  const marks: { selected?: number | undefined; dtls?: number | undefined } = {}; // as the clock of the timeline
  const watched = new Set<RTCDtlsTransport>();
  const ended = new AbortController();
  const on = (target: EventTarget, name: string, handler: (event: never) => void) =>
    target.addEventListener(name, handler as EventListener, { signal: ended.signal });
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

  const onSignaling = () => {
    descriptions();
    for (const { transport } of [...pc.getSenders(), pc.sctp ?? { transport: null }]) {
      if (!transport || watched.has(transport)) continue;
      watched.add(transport);
      const { iceTransport } = transport;
      // Chromium tells of the pair itself, Firefox of the state that comes with it.
      on(iceTransport, 'selectedcandidatepairchange', () => mark('selected'));
      on(iceTransport, 'statechange', () => iceTransport.state === 'connected' && mark('selected'));
      on(transport, 'statechange', () => transport.state === 'connected' && mark('dtls'));
    }
  };
  const mark = (what: keyof typeof marks) => {
    marks[what] ??= timeline.clock();
    void look();
  };
  const onCandidate = (event: RTCPeerConnectionIceEvent) => {
    const found = event.candidate;
    if (!found || found.candidate === '') return add('candidate.local', { end: true });
    const info = parseCandidate(found.candidate);
    const url = (found as { url?: string | null }).url;
    add('candidate.local', { candidate: found.candidate, mid: found.sdpMid, ...info, ...(url ? { url } : {}) });
  };
  const onCandidateError = (event: Event) => {
    // Said for each of the machine's interfaces, and anew in each round: once is enough.
    const { errorCode, errorText, url } = event as RTCPeerConnectionIceErrorEvent;
    first(`error ${url} ${errorCode}`, () => add('candidate.local', { error: errorCode, text: errorText, url }));
  };
  const onTrack = (event: RTCTrackEvent) => add('track', { kind: event.track.kind, mid: event.transceiver.mid });
  const onConnection = () => {
    void look();
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
    const { connectionState } = pc;
    if (stopped || connectionState === 'closed') return;
    clearTimeout(timer); // another look may have gone on meanwhile
    const settled = connectionState === 'connected' && selected !== '';
    timer = setTimeout(() => void look(), settled ? kSlow : connectionState === 'connecting' ? kChecking : kIdle);
  };

  const readPairs = ({ stats }: StatsSnapshot) => {
    const byId = new Map(stats.map((stat) => [stat.id, stat]));
    const describe = (id: unknown): Record<string, unknown> | undefined => {
      const stat = byId.get(String(id));
      const address = String(stat?.address ?? stat?.ip ?? '');
      return stat && {
        ...(address === '' ? knownAs(pc.remoteDescription?.sdp, stat) : { type: stat.candidateType, address }),
        port: stat.port,
        protocol: stat.protocol,
        priority: stat.priority,
        ...(stat.relayProtocol ? { relayProtocol: stat.relayProtocol } : {}),
      };
    };
    // What led to a selection came before it, however late it is told.
    const at = Math.min(timeline.clock(), marks.selected ?? Infinity);
    for (const pair of stats) {
      if (pair.type !== 'candidate-pair') continue;
      const local = describe(pair.localCandidateId);
      const remote = describe(pair.remoteCandidateId);
      const state = String(pair.state);
      if (!states.has(pair.id)) add('pair', { id: pair.id, local, remote, state }, at);
      if (states.get(pair.id) !== state) {
        states.set(pair.id, state);
        add('check', {
          id: pair.id, state, local, remote, nominated: pair.nominated === true,
          requestsSent: pair.requestsSent, responsesReceived: pair.responsesReceived,
          requestsReceived: pair.requestsReceived,
        }, at);
      }
    }
    const pair = selectedPair(stats);
    if (pair?.state !== 'succeeded') return;
    const local = describe(pair.localCandidateId) ?? {};
    const remote = describe(pair.remoteCandidateId) ?? {};
    // A pair's remote end may turn out to be a known one: its type changes, the pair stays.
    const key = [pair.id, local.type, remote.type].join(' ');
    if (key !== selected) {
      selected = key;
      const rtt = pair.currentRoundTripTime;
      const role = stats.find((stat) => stat.type === 'transport')?.iceRole;
      add('ice.selected', {
        id: pair.id, local, remote,
        ...(typeof rtt === 'number' ? { rtt_ms: rtt * 1_000 } : {}), ...(role ? { role } : {}),
      }, at);
      options.onPath?.(pathOf(local, remote));
    }
    marks.selected = undefined;
  };

  const readFirsts = ({ stats }: StatsSnapshot) => {
    const transport = stats.find((stat) => stat.type === 'transport');
    if (pc.connectionState === 'connected' || transport?.dtlsState === 'connected') {
      first('dtls', () =>
        add('dtls.connected', {
          version: transport?.tlsVersion, cipher: transport?.dtlsCipher, srtp: transport?.srtpCipher,
        }, marks.dtls),
      );
    }
    for (const stat of stats) {
      if (stat.type !== 'inbound-rtp') continue;
      const kind = String(stat.kind ?? stat.mediaType);
      if (Number(stat.packetsReceived) > 0) first(`rtp ${kind}`, () => add('rtp.first', { kind }));
    }
  };

  on(pc, 'signalingstatechange', onSignaling);
  on(pc, 'icecandidate', onCandidate);
  on(pc, 'icecandidateerror', onCandidateError);
  on(pc, 'track', onTrack);
  on(pc, 'connectionstatechange', onConnection);
  void look();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
      ended.abort();
    },
  };
}

/**
 * The remote end of a pair as the other side told it. A check that overtakes the candidate makes it
 * reflexive (prflx), and its address a secret: but what has its port is most likely the same, and a
 * mapped address (srflx), where there is one, means that there is a router.
 */
export function knownAs(sdp = '', { candidateType, port }: Record<string, unknown>): { type: unknown; address: string } {
  const told = [...sdp.matchAll(/^a=candidate:.*/gm)].flatMap(([line]) => parseCandidate(line) ?? []);
  const same = told.filter((one) => one.port === port);
  return (candidateType === 'prflx' && (same.find(({ type }) => type !== 'host') ?? same[0])) || { type: candidateType, address: '' };
}

/** Notes when `video` shows its first picture. */
export function recordFirstFrame(video: HTMLVideoElement, onFirst: (width: number, height: number) => void): void {
  const tell = () => onFirst(video.videoWidth, video.videoHeight);
  if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback(tell);
  else (video as HTMLVideoElement).addEventListener('loadeddata', tell, { once: true });
}
