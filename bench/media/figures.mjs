// SPDX-License-Identifier: MIT
// Figures of one call: what the link logged, what the receiver showed.
//
// A run is {start, firstFrame, log, samples, targets, frames}: times are milliseconds of one clock;
// `log` are the link's lines; `samples` the receiver's, one every 100 ms: {at, width, height, fps, bps,
// freezes, concealed, heard}; `targets` the sender's {at, bps}; `frames` are pictures that are
// known by name: {at, gap, latency}, where `gap` is the time since the one before.

/** All times of a case count from when both ends were in the room. */
const within = (run, list, from, to = Infinity) => list.filter(({ at }) => at - run.start >= from && at - run.start < to);
const lines = (run, from, to) => within(run, run.log, from, to);
const sum = (list, of) => list.reduce((total, one) => total + of(one), 0);
const mean = (list, of) => (list.length ? sum(list, of) / list.length : NaN);

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] : NaN;
}

export const firstFrame = (run) => run.firstFrame - run.start;

/** Share of what the link could have carried from a to b. */
export function use(run, from, to) {
  const part = lines(run, from, to);
  return (sum(part, ({ ab }) => ab.forwarded) * 8) / sum(part, ({ ab }) => ab.rate_bps / 10);
}

/** Of the queue's means over 100 ms. */
export const queue = (run, share, from, to) => percentile(lines(run, from, to).map(({ ab }) => ab.queue_ms), share);

export const freezes = (run) => run.samples.at(-1)?.freezes ?? NaN;

/** Milliseconds. */
export function longestGap(run, from, to) {
  const gaps = within(run, run.frames, from, to).map(({ gap }) => gap ?? 0);
  return gaps.length ? Math.max(...gaps) : NaN;
}

export const height = (run, from, to) => percentile(within(run, run.samples, from, to).map((sample) => sample.height), 0.5);
export const rate = (run, from, to) => mean(within(run, run.samples, from, to), ({ fps }) => fps);
export const mediaRate = (run, from, to) => mean(within(run, run.samples, from, to), ({ bps }) => bps);

/** Seconds after `from` until a second of 720p at 27 pictures or more begins. */
export function fullPictureAfter(run, from = 0) {
  const samples = within(run, run.samples, from);
  for (let i = 0; i + 10 <= samples.length; i += 1) {
    const second = samples.slice(i, i + 10);
    const fps = mean(second, (sample) => sample.fps);
    if (second.every((sample) => sample.height === 720) && fps >= 27) return (second[0].at - run.start - from) / 1000;
  }
  return NaN;
}

/** Milliseconds from the capture to the picture's presentation; the mean, or a percentile. */
export function latency(run, from, share) {
  const values = within(run, run.frames, from).map((frame) => frame.latency).filter((value) => value !== undefined);
  return share === undefined ? mean(values, (value) => value) : percentile(values, share);
}

/** Seconds after `fall` until less than 60 ms wait in the queue, and for half a second stay so. */
export function drained(run, fall, until) {
  const part = lines(run, fall, until);
  const found = part.findIndex((_, i) => i + 5 <= part.length && part.slice(i, i + 5).every(({ ab }) => ab.queue_ms < 60));
  return found < 0 ? NaN : (part[found].at - run.start - fall) / 1000;
}

/** Seconds after `rise` until the link carries so many bits a second, over a second. */
export function backTo(run, rise, bps) {
  const part = lines(run, rise);
  const found = part.findIndex((_, i) => i + 10 <= part.length && sum(part.slice(i, i + 10), ({ ab }) => ab.forwarded) * 8 >= bps);
  return found < 0 ? NaN : (part[found].at - run.start - rise) / 1000;
}

/**
 * Bytes from a to b, of all packets with their IP headers, also those of sound, for one of pictures. What
 * the encoder made of its target is what arrived, as long as what is lost is repaired: the pattern is too
 * simple at times to need all of its target.
 */
export function wirePerMedia(run, from) {
  return (mean(lines(run, from), ({ ab }) => ab.offered) * 80) / mediaRate(run, from);
}

/** Percent of the sound that was heard. */
export function concealed(run) {
  const samples = within(run, run.samples, 2_000);
  return (100 * sum(samples, (sample) => sample.concealed)) / sum(samples, (sample) => sample.heard);
}

/** Milliseconds from then until a picture is shown. */
export function nextFrame(run, from) {
  const frame = within(run, run.frames, from)[0];
  return frame ? frame.at - run.start - from : NaN;
}
