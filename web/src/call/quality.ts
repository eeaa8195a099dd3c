// SPDX-License-Identifier: MIT
// From two looks at getStats to what a second of the call was like, and to a verdict on it.

/** One second of a call. Undefined is what this browser doesn't tell. */
export interface Sample {
  bitrateOut?: number; // bit/s, media only
  bitrateIn?: number;
  rtt?: number; // ms
  lossIn?: number; // percent of packets due in this second
  lossOut?: number; // percent, as the other end reports
  jitter?: number; // ms, the worse of sound and picture
  fpsIn?: number;
  fpsOut?: number;
  width?: number;
  height?: number;
  available?: number; // bit/s the estimator would allow out
  freezes?: number; // so far
  framesIn?: number; // decoded so far
  framesOut?: number; // encoded so far
  limit?: 'none' | 'cpu' | 'bandwidth' | 'other';
}

type Stat = Record<string, unknown> & { type: string; id: string };
export type StatsSnapshot = { at: number; stats: Stat[] };

const num = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

function sum(stats: Stat[], type: string, field: string): number | undefined {
  let total: number | undefined;
  for (const stat of stats) {
    const value = stat.type === type ? num(stat[field]) : undefined;
    if (value !== undefined) total = (total ?? 0) + value;
  }
  return total;
}

const find = (stats: Stat[], type: string, kind: string) =>
  stats.find((stat) => stat.type === type && (stat.kind ?? stat.mediaType) === kind);

/** The nominated pair that carries the media; Firefox marks it itself, others by the transport. */
export function selectedPair(stats: Stat[]): Stat | undefined {
  const id = stats.find((stat) => stat.type === 'transport' && stat.selectedCandidatePairId)
    ?.selectedCandidatePairId;
  return (
    stats.find((stat) => stat.type === 'candidate-pair' && stat.id === id) ??
    stats.find((stat) => stat.type === 'candidate-pair' && stat.selected === true) ??
    stats.find((stat) => stat.type === 'candidate-pair' && stat.nominated === true && stat.state === 'succeeded')
  );
}

export function snapshot(at: number, report: RTCStatsReport): StatsSnapshot {
  const stats: Stat[] = [];
  report.forEach((stat: unknown) => stats.push(stat as Stat));
  return { at, stats };
}

export function sampleBetween(before: StatsSnapshot, after: StatsSnapshot): Sample {
  const seconds = Math.max(0.001, (after.at - before.at) / 1_000);
  const rate = (type: string, field: string, factor: number) => {
    const [old, now] = [sum(before.stats, type, field), sum(after.stats, type, field)];
    return now === undefined ? undefined : Math.max(0, ((now - (old ?? 0)) * factor) / seconds);
  };
  const sample: Sample = {};
  const put = <K extends keyof Sample>(key: K, value: Sample[K] | undefined) => {
    if (value !== undefined) sample[key] = value;
  };
  put('bitrateOut', rate('outbound-rtp', 'bytesSent', 8));
  put('bitrateIn', rate('inbound-rtp', 'bytesReceived', 8));
  const received = rate('inbound-rtp', 'packetsReceived', seconds);
  const lost = rate('inbound-rtp', 'packetsLost', seconds);
  if (received !== undefined && lost !== undefined && received + lost > 0) {
    sample.lossIn = (100 * lost) / (received + lost);
  }
  const pair = selectedPair(after.stats);
  const remote = find(after.stats, 'remote-inbound-rtp', 'video') ?? find(after.stats, 'remote-inbound-rtp', 'audio');
  const rtt = num(pair?.currentRoundTripTime) ?? num(remote?.roundTripTime);
  if (rtt !== undefined) sample.rtt = rtt * 1_000;
  const fraction = num(remote?.fractionLost);
  if (fraction !== undefined) sample.lossOut = fraction * 100;
  const jitters = after.stats.flatMap((stat) => (stat.type === 'inbound-rtp' ? (num(stat.jitter) ?? []) : []));
  if (jitters.length > 0) sample.jitter = Math.max(...jitters) * 1_000;
  const videoIn = find(after.stats, 'inbound-rtp', 'video');
  const videoOut = find(after.stats, 'outbound-rtp', 'video');
  put('fpsIn', num(videoIn?.framesPerSecond));
  put('fpsOut', num(videoOut?.framesPerSecond));
  put('width', num(videoIn?.frameWidth));
  put('height', num(videoIn?.frameHeight));
  put('freezes', num(videoIn?.freezeCount));
  put('framesIn', num(videoIn?.framesDecoded));
  put('framesOut', num(videoOut?.framesEncoded));
  put('available', num(pair?.availableOutgoingBitrate));
  const limit = videoOut?.qualityLimitationReason;
  if (limit === 'none' || limit === 'cpu' || limit === 'bandwidth' || limit === 'other') sample.limit = limit;
  return sample;
}

export type Cause = 'quality_up' | 'quality_down' | 'quality_far' | 'cpu';
export interface Verdict {
  level: 'good' | 'fair' | 'poor';
  cause?: Cause;
}

/** Judges the last seconds, oldest first: one bad second is no verdict. */
export function judge(samples: readonly Sample[]): Verdict {
  const last = samples.slice(-4);
  if (last.length < 3) return { level: 'good' };
  const mean = (pick: (sample: Sample) => number | undefined) => {
    const values = last.flatMap((sample) => pick(sample) ?? []);
    return values.length === 0 ? 0 : values.reduce((a, b) => a + b) / values.length;
  };
  const lossIn = mean((sample) => sample.lossIn);
  const lossOut = mean((sample) => sample.lossOut);
  const rtt = mean((sample) => sample.rtt);
  if (lossIn > 8) return { level: 'poor', cause: 'quality_down' };
  if (lossOut > 8) return { level: 'poor', cause: 'quality_up' };
  if (rtt > 600) return { level: 'poor', cause: 'quality_far' };
  if (lossIn > 3) return { level: 'fair', cause: 'quality_down' };
  if (lossOut > 3) return { level: 'fair', cause: 'quality_up' };
  if (rtt > 300) return { level: 'fair', cause: 'quality_far' };
  // The estimator starts low, so a limit counts only while it really holds the picture down.
  if (last.every((sample) => sample.limit === 'cpu')) return { level: 'fair', cause: 'cpu' };
  if (last.every((sample) => sample.limit === 'bandwidth' && (sample.available ?? Infinity) < 400_000)) {
    return { level: 'fair', cause: 'quality_up' };
  }
  return { level: 'good' };
}

/** Which sentence explains that no path was found, by the candidates both sides had. */
export function iceFailure(localTypes: Iterable<string>, remoteTypes: Iterable<string>) {
  if (![...localTypes].includes('relay')) return 'ice_no_relay' as const;
  return [...remoteTypes].includes('relay') ? ('ice_failed' as const) : ('ice_peer_no_relay' as const);
}
