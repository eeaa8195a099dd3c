// SPDX-License-Identifier: MIT
// The server under test: the real binary on a free loopback port, with a state directory of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const kBinary = process.env.DUET_BIN ?? fileURLToPath(new URL('../../build/release/duet', import.meta.url));
const kReadyWithin = 15_000; // ms

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

export class Duet {
  /** @param flags  options of `duet serve` beside its address */
  constructor(...flags) {
    this.flags = flags;
  }

  /** Takes a port and runs there, whatever happens to the process meanwhile. */
  async open() {
    this.port = await freePort();
    this.url = `http://127.0.0.1:${this.port}`;
    this.directory = mkdtempSync(join(tmpdir(), 'duet-browser-'));
    await this.run();
    return this;
  }

  /** Starts the binary (again, on the same port) and waits until it serves. */
  async run() {
    const flags = ['--listen', `127.0.0.1:${this.port}`, '--limits', 'off', '--state-dir', this.directory, ...this.flags];
    this.process = spawn(kBinary, ['serve', ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.said = '';
    this.process.stderr.on('data', (text) => (this.said = (this.said + text).slice(-4_000)));
    this.process.on('error', (error) => (this.said += error.message));
    const deadline = Date.now() + kReadyWithin;
    while (Date.now() < deadline) {
      if (this.process.exitCode !== null) break;
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${kBinary} did not become ready on port ${this.port}:\n${this.said}`);
  }

  async ensure() {
    if (this.process.exitCode !== null || this.process.signalCode !== null) await this.run();
  }

  /** Ends it without a word, as a crash would. */
  async kill(signal = 'SIGKILL') {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = once(this.process, 'exit');
    this.process.kill(signal);
    await gone;
  }

  async stop() {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

let count = 0;
/** A room that no other test uses. */
export const freshRoom = (name) => `${name}-${process.pid}-${(count += 1)}`;
