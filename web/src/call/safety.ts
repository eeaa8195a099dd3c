// SPDX-License-Identifier: MIT
// The safety number: both certificates' fingerprints as sixty digits that two people can compare.

const kLabel = 'duet safety number v1';

/**
 * The DTLS fingerprint of an SDP (RFC 8122 §5), upper case without colons, after its hash's name. Nothing
 * where there are several: DTLS may take any of them, so none says who the other one is.
 */
export function fingerprintOf(sdp: string): string | undefined {
  const all = new Set<string>();
  for (const [, hash, digits] of sdp.matchAll(/^a=fingerprint:(\S+) ([0-9A-Fa-f:]+)\s*$/gm)) {
    all.add(`${hash!.toLowerCase()} ${digits!.toUpperCase().replaceAll(':', '')}`);
  }
  return all.size === 1 ? [...all][0] : undefined;
}

/**
 * Twelve groups of five digits: SHA-512 over label, lower and higher fingerprint, each ended by a
 * line feed; five bytes at a time, big-endian, modulo 100,000.
 *
 * @returns nothing where the browser has no hash (an insecure page)
 */
export async function safetyNumber(one: string, other: string): Promise<string[] | undefined> {
  if (typeof crypto === 'undefined' || !crypto.subtle) return undefined;
  const text = [kLabel, ...[one, other].sort()].map((line) => `${line}\n`).join('');
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-512', new TextEncoder().encode(text)));
  const groups: string[] = [];
  for (let at = 0; at < 60; at += 5) {
    let value = 0;
    for (const byte of hash.subarray(at, at + 5)) value = value * 256 + byte; // under 2^40: exact
    groups.push(String(value % 100_000).padStart(5, '0'));
  }
  return groups;
}
