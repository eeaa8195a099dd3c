// SPDX-License-Identifier: MIT
// Which page an address shows, and how to go to another one without loading anew.

import { signal } from '@preact/signals';

export type RoomProblem = 'room_empty' | 'room_long' | 'room_broken';

export type Route =
  | { page: 'home'; problem?: RoomProblem } // what is wrong with the link that led here
  | { page: 'room'; room: string }
  | { page: 'loop' }
  | { page: 'ca' };

/** The longest room name the server takes, in bytes of UTF-8. */
export const kMaxRoomBytes = 256;

export function parseRoute(path: string): Route {
  const page = /^\/(loop|ca)\/?$/.exec(path)?.[1] as 'loop' | 'ca' | undefined;
  if (page) return { page };
  if (!/^\/r(\/|$)/.test(path)) return { page: 'home' };
  try {
    const room = decodeURIComponent(path.slice(3));
    const problem = roomProblem(room);
    return problem ? { page: 'home', problem } : { page: 'room', room };
  } catch {
    return { page: 'home', problem: 'room_broken' };
  }
}

export const roomPath = (room: string) => `/r/${encodeURIComponent(room)}`;

/** What is wrong with a name, as the key of a sentence; the name itself is kept exactly as given. */
export function roomProblem(room: string): RoomProblem | undefined {
  if (room === '') return 'room_empty';
  return new TextEncoder().encode(room).length > kMaxRoomBytes ? 'room_long' : undefined;
}

export const route = signal<Route>(
  parseRoute(typeof location === 'undefined' ? '/' : location.pathname),
);

export function navigate(path: string): void {
  if (path !== location.pathname) history.pushState(null, '', path);
  route.value = parseRoute(path);
  scrollTo(0, 0);
}

if (typeof window !== 'undefined') {
  addEventListener('popstate', () => {
    route.value = parseRoute(location.pathname);
  });
}
