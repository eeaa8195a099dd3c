// SPDX-License-Identifier: MIT
// The checklist as ICE makes it: which candidates pair, and in which order they are tried.

import { family, type CandidateInfo } from './candidates';

export interface Pair {
  local: CandidateInfo;
  remote: CandidateInfo;
  priority: bigint;
}

/**
 * RFC 8445 §6.1.2.3, exact: the value goes beyond 2^53, where a Number starts to round.
 *
 * @param controlling G, the controlling agent's candidate priority
 * @param controlled D, the controlled agent's
 */
export function pairPriority(controlling: number, controlled: number): bigint {
  const g = BigInt(controlling);
  const d = BigInt(controlled);
  const [low, high] = g < d ? [g, d] : [d, g];
  return (1n << 32n) * low + 2n * high + (g > d ? 1n : 0n);
}

function fits(local: CandidateInfo, remote: CandidateInfo): boolean {
  if (local.component !== remote.component || local.protocol !== remote.protocol) return false;
  const [mine, theirs] = [family(local.address), family(remote.address)];
  if (mine && theirs && mine !== theirs) return false;
  if (local.protocol === 'udp') return true;
  // RFC 6544 §6.2: an active end connects to a passive one; so meets so.
  const other = { active: 'passive', passive: 'active', so: 'so' }[local.tcpType ?? ''];
  return other !== undefined && remote.tcpType === other;
}

/** Pairs in the order of their checks, the highest priority first (RFC 8445 §6.1.2.2-5). */
export function formPairs(
  locals: readonly CandidateInfo[],
  remotes: readonly CandidateInfo[],
  controlling: boolean,
): Pair[] {
  const seen = new Map<string, Pair>();
  for (const local of locals) {
    for (const remote of remotes) {
      if (!fits(local, remote)) continue;
      const priority = controlling
        ? pairPriority(local.priority, remote.priority)
        : pairPriority(remote.priority, local.priority);
      // §6.1.2.4: checks leave from the base, so a reflexive candidate repeats its host's pair.
      const base = local.type === 'srflx' && local.relatedAddress ? local.relatedAddress : local.address;
      const port = local.type === 'srflx' && local.relatedPort ? local.relatedPort : local.port;
      const key = [local.protocol, base, port, remote.address, remote.port].join(' ');
      const known = seen.get(key);
      if (!known || known.priority < priority) seen.set(key, { local, remote, priority });
    }
  }
  return [...seen.values()].sort((a, b) => (a.priority < b.priority ? 1 : a.priority > b.priority ? -1 : 0));
}
