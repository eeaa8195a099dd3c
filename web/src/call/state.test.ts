// SPDX-License-Identifier: MIT
// Every state of a call, and every way out of it.
import { describe, expect, test } from 'vitest';
import { kInitialState, transition, type CallEvent, type CallState } from './state';

/** The state after events one second apart, the first at second 1. */
function after(...events: CallEvent[]): CallState {
  return events.reduce((state, event, index) => transition(state, event, (index + 1) * 1_000), kInitialState);
}

const kUp: CallEvent = { type: 'signaling', state: 'up' };
const live: CallEvent[] = [{ type: 'enter' }, kUp, { type: 'created' }, { type: 'peer' }, { type: 'connected' }];

describe('the call', () => {
  test('goes from the green room to a call step by step', () => {
    const phases = live.map((_, index) => after(...live.slice(0, index + 1)).phase);
    expect(phases).toEqual(['joining', 'joining', 'waiting', 'connecting', 'live']);
  });

  test('tells how long media flowed, once it is over', () => {
    const state = after(...live, { type: 'quality', poor: true }, { type: 'hang-up' });
    expect(state).toMatchObject({ phase: 'ended', why: 'hung_up', duration: 2_000 });
  });

  test('goes on counting after a reload, but not for a peer that is no longer there', () => {
    const resumed: CallEvent[] = [{ type: 'enter', connectedAt: 250 }, kUp];
    expect(after(...resumed, { type: 'peer' }, { type: 'connected' })).toMatchObject({ phase: 'live', connectedAt: 250 });
    const alone = after(...resumed, { type: 'created' }, { type: 'peer' }, { type: 'connected' });
    expect(alone).toMatchObject({ phase: 'live', connectedAt: 5_000 });
  });

  test('lets media go on while signaling is lost, regained, and both have fresh seats', () => {
    const down: CallEvent = { type: 'signaling', state: 'down' };
    expect(after(...live, down)).toMatchObject({ phase: 'live', signaling: 'down' });
    const back = after(...live, down, kUp, { type: 'created' });
    expect(back).toMatchObject({ phase: 'live', peerSeated: false });
    expect(transition(back, { type: 'peer' }, 9_000)).toMatchObject({ phase: 'live', peerSeated: true });
  });

  test('keeps a live call when the server, newly started, has given the seats away', () => {
    for (const event of [{ type: 'full' }, { type: 'refused', why: 'refused_limit' }] as CallEvent[]) {
      expect(after(...live, event)).toMatchObject({ phase: 'live', signaling: 'down' });
      expect(after({ type: 'enter' }, event).phase).toBe(event.type);
    }
  });

  test('waits for a peer that keeps its seat, and for no other one', () => {
    expect(after(...live, { type: 'interrupted' }).phase).toBe('reconnecting');
    const left = after(...live, { type: 'peer-left' });
    expect(left.phase).toBe('live'); // The server's word ends no media.
    for (const type of ['interrupted', 'closed'] as const) {
      expect(transition(left, { type }, 9_000)).toMatchObject({ phase: 'waiting', why: 'peer_gone' });
    }
  });

  test('waits for a peer that a new server has not seen yet, unless that one closed in good order', () => {
    const restarted = after(...live, { type: 'signaling', state: 'down' }, kUp, { type: 'created' });
    expect(transition(restarted, { type: 'interrupted' }, 9_000).phase).toBe('reconnecting');
    expect(transition(restarted, { type: 'closed' }, 9_000)).toMatchObject({ phase: 'waiting', why: 'peer_gone' });
  });

  test('waits for a peer that closed its page and may be loading it again', () => {
    const closed = after(...live, { type: 'closed' });
    expect(closed).toMatchObject({ phase: 'reconnecting', why: 'peer_closed' });
    expect(transition(closed, { type: 'interrupted' }, 9_000)).toMatchObject({ phase: 'reconnecting', why: 'peer_closed' });
    expect(transition(closed, { type: 'peer' }, 9_000)).toMatchObject({ phase: 'reconnecting', why: undefined });
    expect(transition(closed, { type: 'connected' }, 9_000)).toMatchObject({ phase: 'live', connectedAt: 5_000, why: undefined });
    expect(transition(closed, { type: 'peer-left' }, 9_000)).toMatchObject({ phase: 'waiting', why: 'peer_gone', duration: 4_000 });
    expect(transition(closed, { type: 'peer-bye' }, 9_000)).toMatchObject({ phase: 'ended', why: 'peer_hung_up' });
  });

  test('reconnects and is live again without losing its beginning', () => {
    const state = after(...live, { type: 'interrupted' }, { type: 'connected' });
    expect(state).toMatchObject({ phase: 'live', connectedAt: 5_000 });
  });

  test('ends by the farewell of either side, and begins anew', () => {
    const ended = after(...live, { type: 'peer-bye' });
    expect(ended).toMatchObject({ phase: 'ended', why: 'peer_hung_up' });
    expect(transition(ended, { type: 'enter' }, 9_000)).toMatchObject({ phase: 'joining', why: undefined });
  });

  test('hears nothing after its end but a new beginning', () => {
    const ended = after(...live, { type: 'hang-up' });
    for (const event of [{ type: 'peer' }, { type: 'connected' }, { type: 'created' }, { type: 'peer-bye' }] as CallEvent[]) {
      expect(transition(ended, event, 9_000)).toBe(ended);
    }
  });

  test('moves to another tab even while media flows', () => {
    expect(after(...live, { type: 'moved' })).toMatchObject({ phase: 'moved', connectedAt: after(...live).connectedAt });
  });

  test('forgets that a server was draining once it has a seat again', () => {
    const draining = after(...live, { type: 'draining' });
    expect(draining).toMatchObject({ phase: 'live', draining: true });
    expect(transition(draining, { type: 'created' }, 9_000).draining).toBe(false);
    expect(transition(draining, { type: 'peer' }, 9_000).draining).toBe(false);
  });
});
