// SPDX-License-Identifier: MIT
// When a call is repaired, by whom, and when it is given up.
import { describe, expect, test } from 'vitest';
import { Recovery, type RecoveryAction } from './recovery';

/** Everything that `recovery` wants done until `end`, looking every 100 ms, as "action@second". */
function actions(recovery: Recovery, from: number, end: number): string[] {
  const list: string[] = [];
  for (let now = from; now <= end; now += 100) {
    const action: RecoveryAction | undefined = recovery.pollAction(now);
    if (action) list.push(`${action}@${now / 1_000}`);
  }
  return list;
}

describe('recovery', () => {
  test('restarts 3 s after disconnected, again every 8 s, and gives up after 60 s', () => {
    const recovery = new Recovery();
    recovery.handleConnection('disconnected', 0);
    expect(actions(recovery, 0, 70_000)).toEqual([
      'restart@3', 'restart@11', 'restart@19', 'restart@27', 'restart@35', 'restart@43', 'restart@51', 'restart@59', 'give-up@60',
    ]);
  });

  test('restarts at once when the path has failed, but not again straight after a restart', () => {
    const recovery = new Recovery();
    recovery.handleConnection('failed', 0);
    expect(actions(recovery, 0, 100)).toEqual(['restart@0']);
    recovery.handleConnection('failed', 500);
    expect(actions(recovery, 500, 5_000)).toEqual(['restart@3']);
  });

  test('leaves a path alone that heals by itself', () => {
    const recovery = new Recovery();
    recovery.handleConnection('disconnected', 0);
    recovery.handleConnection('connected', 2_900);
    expect(actions(recovery, 0, 90_000)).toEqual([]);
    expect(recovery.secondsLeft(3_000)).toBeUndefined();
  });

  test('gives up on a call that never connected', () => {
    const recovery = new Recovery();
    recovery.handleStart(1_000);
    expect(actions(recovery, 1_000, 70_000)).toEqual(['give-up@61']);
  });

  test('waits for signaling, and then for the restart that comes with it', () => {
    const recovery = new Recovery();
    recovery.handleSignalingDown();
    recovery.handleConnection('disconnected', 0);
    recovery.handleConnection('failed', 5_000);
    expect(actions(recovery, 0, 20_000)).toEqual([]);
    recovery.handleSignalingUp(20_000);
    recovery.handleConnection('failed', 20_500); // the path that is given up meanwhile
    expect(actions(recovery, 20_000, 32_000)).toEqual(['restart@23', 'restart@31']);
    recovery.handleConnection('connected', 32_000);
    recovery.handleSignalingUp(33_000);
    expect(actions(recovery, 33_000, 60_000)).toEqual([]);
  });

  test('gives up in time, with signaling or without', () => {
    const recovery = new Recovery();
    recovery.handleSignalingDown();
    recovery.handleConnection('disconnected', 0);
    expect(actions(recovery, 0, 90_000)).toEqual(['give-up@60']);
  });

  test('goes on counting when a connection takes the place of another', () => {
    const recovery = new Recovery();
    recovery.handleConnection('disconnected', 0);
    recovery.handleReplaced(5_000);
    recovery.handleReplaced(20_000);
    expect(actions(recovery, 20_000, 70_000)).toEqual(['restart@28', 'restart@36', 'restart@44', 'restart@52', 'give-up@60']);
    recovery.handleReplaced(100_000);
    recovery.handleConnection('connected', 101_000);
    expect(actions(recovery, 100_000, 200_000)).toEqual([]);
  });

  test('gives a new connection its time: until all candidates are there it may fail for a moment', () => {
    for (const begin of ['handleReplaced', 'handleStart'] as const) {
      const recovery = new Recovery();
      recovery[begin](10_000);
      recovery.handleConnection('failed', 10_050);
      expect(actions(recovery, 10_050, 12_900)).toEqual([]);
      recovery.handleConnection('connected', 12_900);
      expect(actions(recovery, 12_900, 90_000)).toEqual([]);
      recovery[begin](100_000);
      recovery.handleConnection('failed', 100_050);
      expect(actions(recovery, 100_000, 105_000)).toEqual(['restart@103']);
    }
  });

  test('waits 10 s for a page that was closed, and seeks no path meanwhile', () => {
    const recovery = new Recovery();
    recovery.handleClosed(0);
    recovery.handleConnection('disconnected', 5_000);
    recovery.handleClosed(6_000);
    expect(recovery.secondsLeft(6_000)).toBe(4);
    expect(actions(recovery, 0, 90_000)).toEqual(['gone@10']);
  });

  test('waits as long as for any other one for a page that has come back', () => {
    const recovery = new Recovery();
    recovery.handleClosed(0);
    recovery.handleSignalingUp(2_000);
    expect(recovery.secondsLeft(2_000)).toBe(58);
    expect(actions(recovery, 2_000, 11_000)).toEqual(['restart@10']);
    recovery.handleConnection('connected', 11_000);
    expect(actions(recovery, 11_000, 90_000)).toEqual([]);
  });

  test('holds nobody for gone while nobody could come back: without signaling', () => {
    const recovery = new Recovery();
    recovery.handleClosed(0);
    recovery.handleSignalingDown();
    expect(recovery.secondsLeft(1_000)).toBe(59);
    expect(actions(recovery, 0, 90_000)).toEqual(['give-up@60']);
  });

  test('counts down whole seconds', () => {
    const recovery = new Recovery();
    recovery.handleConnection('disconnected', 0);
    expect([0, 1, 1_000, 59_999, 60_000].map((now) => recovery.secondsLeft(now))).toEqual([60, 60, 59, 1, 0]);
  });
});
