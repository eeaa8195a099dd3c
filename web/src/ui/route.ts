// SPDX-License-Identifier: MIT
// Which page an address shows, and how to go to another one without loading anew.

import { signal } from '@preact/signals';

export type Route = { page: 'home' } | { page: 'room'; room: string } | { page: 'loop' } | { page: 'ca' };

/** The longest room name the server takes, in bytes of UTF-8. */
export const kMaxRoomBytes = 256;

export function parseRoute(path: string): Route {
  if (path === '/loop') return { page: 'loop' };
  if (path === '/ca') return { page: 'ca' };
  if (path.startsWith('/r/') && path.length > 3) {
    try {
      return { page: 'room', room: decodeURIComponent(path.slice(3)) };
    } catch {
      return { page: 'home' };
    }
  }
  return { page: 'home' };
}

export const roomPath = (room: string) => `/r/${encodeURIComponent(room)}`;

/** What is wrong with a name, as the key of a sentence; the name itself is kept exactly as given. */
export function roomProblem(room: string): 'room_empty' | 'room_long' | undefined {
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
