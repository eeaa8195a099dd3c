// SPDX-License-Identifier: MIT
// What two ends say to each other in `message`, read from whatever the network brings.

/** The longest SDP taken in, in UTF-16 units; a real one with many candidates is under 20,000. */
export const kMaxSdpLength = 200_000;
/** The longest candidate line taken in; RFC 8839 lines are under 300. */
export const kMaxCandidateLength = 2_000;
/** The longest name shown for the other end, in UTF-16 units. */
export const kMaxNameLength = 60;

export interface Description {
  type: 'offer' | 'answer';
  sdp: string;
  /** Duet's own, of an answer: the offer that it is for, as sdpOrigin() names it. */
  to?: unknown; // compared and never used otherwise
}

/** An empty `candidate` says that no more will come (RFC 8838 §8.2). */
export interface Candidate {
  type: 'candidate';
  candidate: string;
  sdpMid: string | null;
  sdpMLineIndex: number | null;
  usernameFragment: string | null;
}

/** Duet's own, ignored by others: what this end shows at the moment. */
export interface MediaState {
  type: 'media';
  audio: boolean;
  video: boolean;
  screen: boolean;
  name: string;
}

export type PeerMessage = Description | Candidate | MediaState | { type: 'bye' };

/** What goes over the wire: `bye` is a bare string, all else an object. */
export type WireMessage = 'bye' | Exclude<PeerMessage, { type: 'bye' }>;

const isString = (value: unknown, max: number): value is string =>
  typeof value === 'string' && value.length <= max;

const isIndex = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 65_536;

/**
 * Reads one message; the teaching form of a candidate (`label`, `id`) is turned into the W3C form.
 *
 * @returns nothing for what is unknown or malformed, which is ignored
 */
export function parseMessage(value: unknown): PeerMessage | undefined {
  if (value === 'bye') return { type: 'bye' };
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  switch (fields.type) {
    case 'offer':
    case 'answer':
      if (!isString(fields.sdp, kMaxSdpLength) || fields.sdp === '') return undefined;
      return { type: fields.type, sdp: fields.sdp, to: fields.to };
    case 'candidate':
      return parseCandidateMessage(fields);
    case 'media':
      return {
        type: 'media',
        audio: fields.audio === true,
        video: fields.video === true,
        screen: fields.screen === true,
        name: isString(fields.name, kMaxNameLength) ? fields.name : '',
      };
    default:
      return undefined;
  }
}

function parseCandidateMessage(fields: Record<string, unknown>): Candidate | undefined {
  const candidate = fields.candidate ?? '';
  if (!isString(candidate, kMaxCandidateLength)) return undefined;
  const mid = fields.sdpMid ?? fields.id;
  const index = fields.sdpMLineIndex ?? fields.label;
  const sdpMid = isString(mid, 64) ? mid : null;
  const sdpMLineIndex = isIndex(index) ? index : null;
  if (candidate !== '' && sdpMid === null && sdpMLineIndex === null) return undefined;
  const fragment = fields.usernameFragment;
  return {
    type: 'candidate',
    candidate,
    sdpMid,
    sdpMLineIndex,
    usernameFragment: isString(fragment, 256) ? fragment : null,
  };
}

/** Session id and version of an SDP's `o=` line (RFC 8866 §5.2): no two offers of a call have the same. */
export function sdpOrigin(sdp: string): string | undefined {
  return /^o=\S+ (\S+ \S+) /m.exec(sdp)?.[1];
}

/** The session id of an SDP's `o=` line (RFC 8866 §5.2): another one means another peer connection. */
export function sdpSessionId(sdp: string): string | undefined {
  return /^o=\S+ (\S+) /m.exec(sdp)?.[1];
}

/** The first user fragment of an SDP (RFC 8839 §5.4): another one means another round of candidates. */
export function iceUfrag(sdp: string): string | undefined {
  return /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1];
}
