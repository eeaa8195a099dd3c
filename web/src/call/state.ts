// SPDX-License-Identifier: MIT
// The call as one value: which phase it is in and why, moved by events, without a browser.

export type Phase =
  | 'green' // choosing devices
  | 'joining' // asked for a seat
  | 'waiting' // seated, alone
  | 'connecting' // the other one is there, no path yet
  | 'live'
  | 'degraded' // live, but the path is poor
  | 'reconnecting' // was live, the path died
  | 'ended'
  | 'full'
  | 'moved' // another tab took the seat
  | 'refused';

/** Why a call is where it is; each has a sentence in the page's languages. */
export type Why =
  | 'hung_up'
  | 'peer_hung_up'
  | 'peer_gone'
  | 'peer_closed'
  | 'ice_no_relay'
  | 'ice_peer_no_relay'
  | 'ice_failed'
  | 'dtls_failed'
  | 'refused_bad_room'
  | 'refused_limit'
  | 'refused_other';

export interface CallState {
  readonly phase: Phase;
  /** When this phase began, in the caller's milliseconds. */
  readonly since: number;
  readonly signaling: 'idle' | 'up' | 'down' | 'blocked';
  readonly draining: boolean;
  /** The other one holds a seat, as far as the server told. */
  readonly peerSeated: boolean;
  /** The server said that it gave its seat up, or let it lapse: nobody will mend this call. */
  readonly peerLeft: boolean;
  /** When media first flowed with this peer; nothing before. */
  readonly connectedAt: number | undefined;
  /** How long media flowed, in ms, once that is over. */
  readonly duration: number | undefined;
  readonly why: Why | undefined;
}

export type CallEvent =
  | { type: 'enter'; connectedAt?: number | undefined } // Join or Rejoin; or a reload resumes a call that began then
  | { type: 'signaling'; state: 'up' | 'down' | 'blocked' }
  | { type: 'draining' }
  | { type: 'created' }
  | { type: 'peer' } // `join` or `joined`: both seats are taken
  | { type: 'peer-left' }
  | { type: 'peer-bye' }
  | { type: 'connected' }
  | { type: 'interrupted' } // the path died
  | { type: 'closed' } // the other page is closed, or loading again
  | { type: 'quality'; poor: boolean }
  | { type: 'gave-up'; why: Why }
  | { type: 'hang-up' }
  | { type: 'full' }
  | { type: 'moved' }
  | { type: 'refused'; why: Why };

export const kInitialState: CallState = {
  phase: 'green',
  since: 0,
  signaling: 'idle',
  draining: false,
  peerSeated: false,
  peerLeft: false,
  connectedAt: undefined,
  duration: undefined,
  why: undefined,
};

/** Is media flowing, or meant to be? */
export const inMedia = (phase: Phase): boolean =>
  phase === 'live' || phase === 'degraded' || phase === 'reconnecting';

/** Does this end hold or want a seat? */
export const inRoom = (phase: Phase): boolean =>
  phase === 'joining' || phase === 'waiting' || phase === 'connecting' || inMedia(phase);

/** The state after an event; events that make no sense in a phase leave it as it is. */
export function transition(state: CallState, event: CallEvent, now: number): CallState {
  const to = (phase: Phase, changes: Partial<CallState> = {}): CallState => ({
    ...state,
    ...changes,
    phase,
    since: phase === state.phase ? state.since : now,
  });
  const over = (phase: Phase, why?: Why): CallState =>
    to(phase, {
      why,
      peerSeated: false,
      peerLeft: false,
      connectedAt: undefined,
      duration: state.connectedAt === undefined ? state.duration : now - state.connectedAt,
    });

  switch (event.type) {
    case 'enter':
      if (inRoom(state.phase)) return state;
      return { ...kInitialState, phase: 'joining', since: now, signaling: state.signaling, connectedAt: event.connectedAt };
    case 'signaling':
      return { ...state, signaling: event.state };
    case 'draining':
      return { ...state, draining: true };
    case 'hang-up':
      return inRoom(state.phase) ? over('ended', 'hung_up') : state;
  }
  if (!inRoom(state.phase)) return state;
  switch (event.type) {
    case 'created':
      state = { ...state, draining: false };
      // A fresh seat while media flows: the server forgot both of us, the other one comes back too.
      if (state.phase === 'joining') return to('waiting', { connectedAt: undefined });
      return { ...state, peerSeated: false };
    case 'peer':
      state = { ...state, draining: false, peerLeft: false };
      if (inMedia(state.phase)) return { ...state, peerSeated: true, why: undefined };
      return to('connecting', { peerSeated: true, why: undefined, duration: undefined });
    case 'peer-left':
      // Media is untouched by what the server says; it ends when the path does.
      if (state.phase === 'live' || state.phase === 'degraded') return { ...state, peerSeated: false, peerLeft: true };
      return state.phase === 'waiting' ? state : over('waiting', 'peer_gone');
    case 'peer-bye':
      return over('ended', 'peer_hung_up');
    case 'connected':
      if (state.phase === 'live' || state.phase === 'degraded') return state;
      return to('live', { connectedAt: state.connectedAt ?? now, why: undefined });
    case 'interrupted':
      // After a restart of the server the other one has no seat yet, but is on its way to it.
      if (!inMedia(state.phase)) return state;
      return state.peerLeft && state.signaling === 'up' ? over('waiting', 'peer_gone') : to('reconnecting');
    case 'closed':
      if (!inMedia(state.phase)) return state;
      // What holds no seat won't come back.
      if (!state.peerSeated && state.signaling === 'up') return over('waiting', 'peer_gone');
      return to('reconnecting', { why: 'peer_closed' });
    case 'quality':
      if (state.phase === 'live' && event.poor) return to('degraded');
      if (state.phase === 'degraded' && !event.poor) return to('live');
      return state;
    case 'gave-up':
      return over('ended', event.why);
    case 'moved':
      return { ...over('moved'), connectedAt: state.connectedAt }; // for when it is taken back
    case 'full':
    case 'refused':
      // Told while media flows, after the server forgot this seat: only the way back is lost.
      if (state.phase === 'live' || state.phase === 'degraded') {
        return { ...state, signaling: 'down', peerSeated: false };
      }
      return event.type === 'full' ? over('full') : over('refused', event.why);
  }
}
