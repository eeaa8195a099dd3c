// SPDX-License-Identifier: MIT
// Finds out whether another tab of this browser sits in the same room, and takes its seat if asked.

interface Ask { type: 'ask'; room: string }
interface Seat { type: 'seat'; room: string; token: string }

const open = () => (typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('duet.tabs'));

/** Answers other tabs as long as this one holds a seat. @returns a function that stops it */
export function answerTabs(room: string, token: () => string | undefined): () => void {
  const channel = open();
  channel?.addEventListener('message', ({ data }: MessageEvent<Ask>) => {
    const held = data.type === 'ask' && data.room === room ? token() : undefined;
    if (held) channel.postMessage({ type: 'seat', room, token: held } satisfies Seat);
  });
  return () => channel?.close();
}

/** Asks once; `onSeat` hears the token of a tab that holds a seat in the room. */
export function askTabs(room: string, onSeat: (token: string) => void): () => void {
  const channel = open();
  channel?.addEventListener('message', ({ data }: MessageEvent<Seat>) => {
    if (data.type === 'seat' && data.room === room) onSeat(data.token);
  });
  channel?.postMessage({ type: 'ask', room } satisfies Ask);
  return () => channel?.close();
}
