// SPDX-License-Identifier: MIT
// Servers for one story each, and what they share.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Server } from '../clients/server.mjs';

/** Starts a server for a story and ends it; a crash in between fails the test. */
export async function withServer(flags, story, options) {
  const server = await Server.start(flags, options);
  try {
    await story(server);
  } finally {
    await server.stop();
  }
}

/** A file for --turn-secret-file, for one story. */
export async function withSecret(secret, story) {
  const folder = mkdtempSync(path.join(tmpdir(), 'duet-relay-'));
  const file = path.join(folder, 'secret');
  writeFileSync(file, `${secret}\n`, { mode: 0o600 });
  try {
    await story(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// Below the ports that the system gives to whom it likes, and apart from test files that run beside.
let next = 18_000 + (process.pid % 120) * 100;

/** A range of ports for --relay-ports that no other story uses. */
export function portRange(size = 20) {
  const first = next;
  next += size + (size % 2);
  return { first, last: first + size - 1, flags: ['--relay-ports', `${first}-${first + size - 1}`] };
}
