// SPDX-License-Identifier: MIT
// Reads a candidate line (RFC 8839 §5.1) and decodes its priority (RFC 8445 §5.1.2.1).

export type CandidateType = 'host' | 'srflx' | 'prflx' | 'relay';

export interface CandidateInfo {
  foundation: string;
  component: number;
  protocol: 'udp' | 'tcp';
  priority: number;
  address: string;
  port: number;
  type: CandidateType;
  /** RFC 6544 §4.5: active, passive or so. */
  tcpType?: string;
  relatedAddress?: string;
  relatedPort?: number;
}

const kTypes: readonly CandidateType[] = ['host', 'srflx', 'prflx', 'relay'];

/** @returns nothing for an empty line (no more candidates) and for what breaks the grammar */
export function parseCandidate(line: string): CandidateInfo | undefined {
  const words = line.replace(/^a=/, '').replace(/^candidate:/, '').trim().split(/\s+/);
  const [foundation, component, protocol, priority, address, port, typ, type] = words;
  const lower = protocol?.toLowerCase();
  const known = kTypes.find((one) => one === type);
  if (!foundation || !address || typ !== 'typ' || !known) return undefined;
  if (lower !== 'udp' && lower !== 'tcp') return undefined;
  const info: CandidateInfo = {
    foundation,
    component: Number(component),
    protocol: lower,
    priority: Number(priority),
    address,
    port: Number(port),
    type: known,
  };
  const valid = [info.component, info.priority, info.port].every((n) => Number.isInteger(n) && n >= 0);
  if (!valid || info.priority > 0xffffffff || info.port > 65_535) return undefined;
  for (let at = 8; at + 1 < words.length; at += 2) {
    const value = words[at + 1]!;
    if (words[at] === 'raddr') info.relatedAddress = value;
    if (words[at] === 'rport') info.relatedPort = Number(value);
    if (words[at] === 'tcptype') info.tcpType = value;
  }
  return info;
}

/** The types in an event of the timeline: of its own candidate, or of those in its SDP. */
export function candidateTypes({ type, sdp }: Record<string, unknown>): string[] {
  if (typeof sdp !== 'string') return [String(type)];
  return [...sdp.matchAll(/^a=candidate:.* typ (\S+)/gm)].map((match) => match[1]!);
}

/** The three parts of a candidate's priority: 2^24 type + 2^8 local + (256 - component). */
export function decodePriority(priority: number) {
  return {
    typePreference: Math.floor(priority / 2 ** 24) & 0xff,
    localPreference: (priority >>> 8) & 0xffff,
    component: 256 - (priority & 0xff),
  };
}

// What is reached without a router in between: RFC 1918, 6598, 3927, 1122; RFC 4193, 4291.
const kPrivate =
  /^(10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.|^(::1$|f[cd]..:|fe[89ab].:)/i;
const networkOf = (address: string) => address.split(/[.:]/, family(address) === 4 ? 3 : 4).join();

export type Path = 'host' | 'direct' | 'relay';

/**
 * On which way the selected pair goes: inside one network, across the Internet, or by a relay. The
 * types alone don't tell the first from the second, since both ends may have public addresses, or
 * learn of each other's private one by a check (prflx).
 */
export function pathOf(...ends: [Record<string, unknown>, Record<string, unknown>]): Path {
  if (ends.some(({ type }) => type === 'relay')) return 'relay';
  const [mine, theirs] = ends.map(({ address }) => String(address ?? '')) as [string, string];
  // A host address that the browser hides behind a name is one of a local network.
  const near = ends.every(({ type, address }) =>
    kPrivate.test(String(address)) || (type === 'host' && family(String(address)) === undefined));
  if (/^(127\.|::1$)/m.test(`${mine}\n${theirs}`)) return 'host'; // both on one machine
  return near || (mine !== '' && networkOf(mine) === networkOf(theirs)) ? 'host' : 'direct';
}

/** The address family that decides whether two candidates fit; a name (mDNS) fits any. */
export function family(address: string): 4 | 6 | undefined {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(address)) return 4;
  return address.includes(':') ? 6 : undefined;
}
