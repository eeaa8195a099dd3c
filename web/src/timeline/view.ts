// SPDX-License-Identifier: MIT
// From the list of events to the ten steps that the panel shows: a pure function, so that a
// recording is shown by the same code as a live call.

import type { Sample } from '../call/quality';
import { iceUfrag } from '../signaling/messages';
import { parseCandidate, type CandidateInfo } from './candidates';
import type { TimelineEvent } from './events';
import { formPairs, type Pair } from './pairs';

export const kSteps = [
  'signaling', 'media', 'sdp', 'gather', 'pairs', 'checks', 'selected', 'dtls', 'frame', 'health',
] as const;
export type StepName = (typeof kSteps)[number];

export interface Step {
  name: StepName;
  state: 'ahead' | 'active' | 'done' | 'failed';
  /** ms since the timeline began. */
  at?: number;
}

export interface CheckRow {
  id: string;
  state: string;
  nominated: boolean;
  /** As of the newest change of its state; absent where the browser doesn't tell. */
  requestsSent?: unknown;
  responsesReceived?: unknown;
  local?: Record<string, unknown>;
  remote?: Record<string, unknown>;
}

export interface View {
  steps: Step[];
  signals: TimelineEvent[];
  media: TimelineEvent[];
  sdp: { local?: TimelineEvent; remote?: TimelineEvent; count: number };
  gathered: { local: TimelineEvent[]; remote: TimelineEvent[] };
  controlling: boolean;
  pairs: Pair[];
  checks: CheckRow[];
  selected?: TimelineEvent;
  dtls?: TimelineEvent;
  tracks: TimelineEvent[];
  frame?: TimelineEvent;
  samples: { at: number; sample: Sample }[];
}

const infoOf = (event: TimelineEvent): CandidateInfo | undefined =>
  typeof event.data.candidate === 'string' ? parseCandidate(event.data.candidate) : undefined;

/** @param end which of two ends to look from, where the recording holds both */
export function derive(events: readonly TimelineEvent[], end?: 'a' | 'b'): View {
  const mine = events.filter((event) => event.end === undefined || event.end === (end ?? 'a'));
  // A restarted path begins a new list of candidates: only the newest round is paired.
  let round = 0;
  let remoteRound = 0;
  let peer = 0;
  mine.forEach((event, index) => {
    if (event.ev === 'signal.received' && (event.data.event === 'join' || event.data.event === 'joined')) peer = index;
    if (event.ev === 'sdp.local' && newUfrag(mine, index)) round = index;
    if (event.ev === 'sdp.remote' && newUfrag(mine, index)) remoteRound = index;
  });
  const of = (ev: string, from = 0) => mine.filter((event, index) => event.ev === ev && index >= from);
  const last = (ev: string, from = 0) => of(ev, from).at(-1);
  const locals = of('candidate.local', round).filter((event) => !event.data.end);
  const remotes = of('candidate.remote', remoteRound).filter((event) => event.data.candidate);
  const role = last('ice.selected')?.data.role;
  const controlling =
    role === 'controlling' || (role === undefined && of('sdp.local')[0]?.data.type !== 'answer');

  const checks = new Map<string, CheckRow>();
  for (const { ev, data } of mine.slice(round)) {
    if ((ev !== 'pair' && ev !== 'check') || typeof data.id !== 'string') continue;
    checks.set(data.id, {
      id: data.id,
      state: String(data.state),
      nominated: data.nominated === true || (checks.get(data.id)?.nominated ?? false),
      requestsSent: data.requestsSent,
      responsesReceived: data.responsesReceived,
      local: data.local as Record<string, unknown>,
      remote: data.remote as Record<string, unknown>,
    });
  }
  const infos = (list: TimelineEvent[]) => list.flatMap((event) => infoOf(event) ?? []);
  const pairs = formPairs(infos(locals), infos(remotes), controlling);
  const sdpLocal = last('sdp.local');
  const sdpRemote = last('sdp.remote');
  const frames = of('frame.first', peer);
  const samples = of('stats').map(({ at, data }) => ({ at, sample: data as Sample }));
  const failed = mine.findLast((event) => event.ev === 'check' && event.data.connection === 'failed');
  const selected = last('ice.selected', round);

  const times: Record<StepName, number | undefined> = {
    signaling: of('signal.received')[0]?.at ?? of('signal.sent')[0]?.at,
    media: of('media.local')[0]?.at,
    sdp: sdpLocal && sdpRemote && Math.max(of('sdp.local')[0]!.at, of('sdp.remote')[0]!.at),
    gather: locals[0]?.at,
    pairs: pairs.length > 0 && locals[0] && remotes[0] ? Math.max(locals[0].at, remotes[0].at) : undefined,
    checks: of('check', round).find((event) => event.data.state === 'succeeded')?.at,
    // A better pair may come later, or more be known of this one: media flows from the first on.
    selected: of('ice.selected', round)[0]?.at,
    // Of the newest connection: one that was forced through the relay, or met a reload, is another.
    dtls: last('dtls.connected')?.at,
    frame: (frames.at(-1) ?? last('frame.first'))?.at,
    health: samples[0]?.at,
  };
  let reached = -1;
  kSteps.forEach((name, index) => {
    if (times[name] !== undefined) reached = index;
  });
  const steps = kSteps.map((name, index): Step => {
    const at = times[name];
    if (at !== undefined) return { name, state: 'done', at };
    if (failed && name === 'checks' && !selected) return { name, state: 'failed', at: failed.at };
    return { name, state: index <= reached + 1 && reached >= 0 ? 'active' : 'ahead' };
  });

  return {
    steps,
    signals: mine.filter((event) => event.ev === 'signal.sent' || event.ev === 'signal.received'),
    media: of('media.local'),
    sdp: {
      ...(sdpLocal ? { local: sdpLocal } : {}),
      ...(sdpRemote ? { remote: sdpRemote } : {}),
      count: of('sdp.local').length + of('sdp.remote').length,
    },
    gathered: { local: locals, remote: remotes },
    controlling,
    pairs,
    checks: [...checks.values()],
    ...(selected ? { selected } : {}),
    ...(last('dtls.connected') ? { dtls: last('dtls.connected')! } : {}),
    // The lesson's tracks come in at its far end, a call's at this one.
    tracks: end ? events.filter(({ ev }) => ev === 'track') : of('track', peer),
    ...(frames.length > 0 ? { frame: frames.at(-1)! } : {}),
    samples,
  };
}

function newUfrag(events: readonly TimelineEvent[], index: number): boolean {
  const ufrag = (event: TimelineEvent) => iceUfrag(String(event.data.sdp));
  for (let before = index - 1; before >= 0; before -= 1) {
    const event = events[before]!;
    if (event.ev === events[index]!.ev) return ufrag(event) !== ufrag(events[index]!);
  }
  return true;
}
