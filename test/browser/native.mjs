// SPDX-License-Identifier: MIT
// Somebody without a browser: `duet call`, with its events.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const kBinary = process.env.DUET_BIN ?? fileURLToPath(new URL('../../build/release/duet', import.meta.url));

export class NativeCall {
  /** @param flags  of `duet call`, beside the link */
  constructor(link, ...flags) {
    this.events = [];
    this.said = '';
    this.wakes = [];
    const words = ['call', link, '--json', '--show', 'none', '--play', 'none', ...flags];
    this.process = this.start(kBinary, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.process.stderr.on('data', (text) => (this.said = (this.said + text).slice(-8_000)));
    let rest = '';
    this.process.stdout.on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) this.events.push(JSON.parse(line));
      this.wake();
    });
    this.process.stdout.on('end', () => this.wake());
    this.ended = once(this.process, 'exit').then(([code, signal]) => code ?? signal);
  }

  wake() {
    for (const wake of this.wakes.splice(0)) wake();
  }

  /** As spawn(); for a program elsewhere. */
  start(binary, words, options) {
    return spawn(binary, words, options);
  }

  /** The first event that `fits`, past or to come; the last ones may be read after the exit. */
  async event(what, fits = () => true, within = 20_000) {
    const deadline = Date.now() + within;
    for (;;) {
      const found = this.events.find((event) => event.ev === what && fits(event));
      if (found) return found;
      const left = deadline - Date.now();
      if (left <= 0 || this.process.stdout.readableEnded) {
        throw new Error(`no ${what} within ${within} ms; exit code ${this.process.exitCode}, it said:\n${this.said}\n${JSON.stringify(this.events.slice(-5))}`);
      }
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 500));
        this.wakes.push(() => (clearTimeout(timer), resolve()));
      });
    }
  }

  /** Hangs up, as Ctrl-C does. @returns the exit code */
  async hangUp() {
    if (this.process.exitCode === null) this.process.kill('SIGINT');
    return this.ended;
  }
}
