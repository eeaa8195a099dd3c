// SPDX-License-Identifier: MIT
// What a tab needs to know to go straight back into its call after a reload.

import type { Call } from '../call/session';

export interface Resume {
  at: number; // ms since the epoch, when the page was left
  audio: boolean;
  video: boolean;
  unmuted: boolean;
  relayOnly: boolean;
  began?: number | undefined; // ms since the epoch, when media first flowed
}

/** As long as the server holds a seat, ms; later the green room comes first again. */
const kHeldFor = 60_000;
const keyOf = (room: string) => `duet.resume.${room}`;

export function writeResume(room: string, call: Call): void {
  const { media, began } = call;
  const resume: Resume = {
    at: Date.now(),
    audio: media.microphone.value !== undefined,
    video: media.camera.value !== undefined,
    unmuted: media.unmuted.value,
    relayOnly: call.relayOnly.value,
    began,
  };
  try {
    sessionStorage.setItem(keyOf(room), JSON.stringify(resume));
  } catch {
    // Without storage a reload leads to the green room.
  }
}

/** Reads and keeps; nothing when there is none or it is too old. */
export function readResume(room: string, now = Date.now()): Resume | undefined {
  try {
    const resume = JSON.parse(sessionStorage.getItem(keyOf(room)) ?? 'null') as Resume | null;
    return resume && now - resume.at < kHeldFor ? resume : undefined;
  } catch {
    return undefined;
  }
}

export function clearResume(room: string): void {
  try {
    sessionStorage.removeItem(keyOf(room));
  } catch {
    // Nothing was stored either.
  }
}
