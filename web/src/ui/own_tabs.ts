// SPDX-License-Identifier: MIT
// Finds out whether another tab of this browser sits in the same room, and takes its seat if asked.

interface Ask { type: 'ask'; room: string }
/** What the tab that takes a seat over needs of it. */
export interface HeldSeat {
  token: string;
  began?: number | undefined; // ms since the epoch, when media first flowed
}
type Seat = HeldSeat & { type: 'seat'; room: string };

const open = () => (typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('duet.tabs'));

/** Answers other tabs as long as this one holds a seat. @returns a function that stops it */
export function answerTabs(room: string, seat: () => HeldSeat | undefined): () => void {
  const channel = open();
  channel?.addEventListener('message', ({ data }: MessageEvent<Ask>) => {
    const held = data.type === 'ask' && data.room === room ? seat() : undefined;
    if (held) channel.postMessage({ type: 'seat', room, ...held } satisfies Seat);
  });
  return () => channel?.close();
}

/** Asks once; `onSeat` hears of a tab that holds a seat in the room. */
export function askTabs(room: string, onSeat: (seat: HeldSeat) => void): () => void {
  const channel = open();
  channel?.addEventListener('message', ({ data }: MessageEvent<Seat>) => {
    if (data.type === 'seat' && data.room === room) onSeat(data);
  });
  channel?.postMessage({ type: 'ask', room } satisfies Ask);
  return () => channel?.close();
}
