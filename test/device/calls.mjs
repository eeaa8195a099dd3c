// SPDX-License-Identifier: MIT
// A server, and `duet call` as its users start it.

import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Duet, freshRoom } from '../browser/duet.mjs';
import { NativeCall } from '../browser/native.mjs';

export { Duet, NativeCall, freshRoom };
export const kBinary = process.env.DUET_BIN ?? fileURLToPath(new URL('../../build/release/duet', import.meta.url));
export const kSmall = ['--video', 'pattern', '--audio', 'tone', '--size', '320x180', '--fps', '15'];
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a process holds. `cpu` in milliseconds. */
export function held(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name) => Number(status.match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'))[1]);
  const [, rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const fields = rest.split(' ');
  return {
    rss_kb: field('VmRSS'),
    threads: field('Threads'),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    cpu: (Number(fields[11]) + Number(fields[12])) * 10,
  };
}

/** Waits until `condition()`; says `what` if it never comes about. */
export async function until(what, condition, within = 10_000) {
  const deadline = Date.now() + within;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (Date.now() > deadline) throw new Error(`not within ${within} ms: ${what}`);
    await sleep(30);
  }
}

/** A device that sits in its room. */
export async function deviceIn(link, ...flags) {
  const device = new NativeCall(link, ...flags);
  await device.event('signal.received', ({ event }) => event === 'created');
  return device;
}
