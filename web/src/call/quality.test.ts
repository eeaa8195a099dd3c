// SPDX-License-Identifier: MIT
// Samples of statistics, and the verdict that is made of them.
import { describe, expect, test } from 'vitest';
import { iceFailure, judge, sampleBetween, selectedPair } from './quality';

const stat = (type: string, fields: object) => ({ type, id: type, ...fields });

describe('samples', () => {
  test('are rates over the time between two looks', () => {
    const before = { at: 1_000, stats: [stat('inbound-rtp', { kind: 'video', bytesReceived: 1_000, packetsReceived: 100, packetsLost: 0 })] };
    const after = {
      at: 3_000,
      stats: [stat('inbound-rtp', { kind: 'video', bytesReceived: 26_000, packetsReceived: 190, packetsLost: 10, jitter: 0.02 })],
    };
    const sample = sampleBetween(before, after);
    expect(sample.bitrateIn).toBe(100_000);
    expect(sample.lossIn).toBe(10);
    expect(sample.jitter).toBe(20);
    expect(sample.rtt).toBeUndefined();
  });

  test('take the pair that carries the media, as each browser marks it', () => {
    const chosen = { type: 'candidate-pair', id: 'x', state: 'succeeded', nominated: true };
    const other = { type: 'candidate-pair', id: 'y', state: 'succeeded' };
    expect(selectedPair([other, chosen, { type: 'transport', id: 't', selectedCandidatePairId: 'x' }])).toBe(chosen);
    expect(selectedPair([other, { ...chosen, selected: true }])?.id).toBe('x');
    expect(selectedPair([other, chosen])).toBe(chosen);
    expect(selectedPair([])).toBeUndefined();
  });
});

describe('the verdict', () => {
  const seconds = (count: number, sample: object) => Array.from({ length: count }, () => sample);

  test('names the side whose path is weak', () => {
    expect(judge(seconds(4, { lossIn: 20 }))).toEqual({ level: 'poor', cause: 'quality_down' });
    expect(judge(seconds(4, { lossOut: 5 }))).toEqual({ level: 'fair', cause: 'quality_up' });
    expect(judge(seconds(4, { rtt: 700 }))).toEqual({ level: 'poor', cause: 'quality_far' });
    expect(judge(seconds(4, { limit: 'cpu' }))).toEqual({ level: 'fair', cause: 'cpu' });
  });

  test('is not upset by one bad second or by silence', () => {
    expect(judge([...seconds(3, { lossIn: 0 }), { lossIn: 9 }]).level).toBe('good');
    expect(judge(seconds(4, {})).level).toBe('good');
    expect(judge([{ lossIn: 50 }]).level).toBe('good');
  });
});

test('the sentence for no path names who reached no relay', () => {
  expect(iceFailure(['host'], ['relay'])).toBe('ice_no_relay');
  expect(iceFailure(['host', 'relay'], ['host'])).toBe('ice_peer_no_relay');
  expect(iceFailure(['relay'], ['relay'])).toBe('ice_failed');
});
