// SPDX-License-Identifier: MIT
// Keeps a seat's resume token across a reload of this tab, and no longer than the tab lives.

export interface TokenStore {
  get(room: string): string | undefined;
  set(room: string, token: string): void;
  clear(room: string): void;
}

const keyOf = (room: string) => `duet.token.${room}`;

/** Tokens in the given storage; a browser that refuses storage only loses the resumption. */
export function storedTokens(storage: () => Storage): TokenStore {
  const attempt = <T>(action: () => T): T | undefined => {
    try {
      return action();
    } catch {
      return undefined;
    }
  };
  return {
    get: (room) => attempt(() => storage().getItem(keyOf(room)) ?? undefined),
    set: (room, token) => void attempt(() => storage().setItem(keyOf(room), token)),
    clear: (room) => void attempt(() => storage().removeItem(keyOf(room))),
  };
}
