// SPDX-License-Identifier: MIT
// One end of a call that is `duet call`, with its events on the clock of the link.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { now } from '../../test/link/lab.mjs';

export class NativeEnd {
  /** @param space  the namespace it is in; undefined: this one @param words  of `duet call` */
  constructor(binary, space, ...words) {
    const into = space ? ['ip', 'netns', 'exec', space] : [];
    const [command, ...args] = [...into, binary, 'call', ...words, '--json', '--stats', '100ms', '--show', 'none', '--play', 'none'];
    this.events = [];
    this.said = '';
    this.waiting = new Set();
    this.offset = Infinity;
    this.process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.process.stderr.on('data', (text) => (this.said = (this.said + text).slice(-4_000)));
    createInterface(this.process.stdout).on('line', (line) => this.handle(JSON.parse(line)));
    this.ended = new Promise((resolve) => this.process.once('exit', (code, signal) => resolve(code ?? signal)));
  }

  get pid() {
    return this.process.pid; // `ip netns exec` becomes the program
  }

  handle(event) {
    // No line is read before it was written: the least difference is that of the clocks.
    this.offset = Math.min(this.offset, now() - event.ms);
    this.events.push(event);
    for (const each of this.waiting) each(event);
  }

  /** The first event of that name that fits, past or to come. */
  async event(name, fits = () => true, within = 20_000) {
    const isIt = (event) => event.ev === name && fits(event);
    const found = this.events.find(isIt);
    if (found) return found;
    return new Promise((resolve, reject) => {
      const finish = (how, value) => {
        clearTimeout(timer);
        this.waiting.delete(look);
        how(value);
      };
      const fail = (why) => finish(reject, new Error(`no ${name} of duet call, ${why}; it said:\n${this.said}`));
      const look = (event) => isIt(event) && finish(resolve, event);
      const timer = setTimeout(() => fail(`${within} ms over`), within);
      this.waiting.add(look);
      this.ended.then((code) => fail(`it ended with ${code}`));
    });
  }

  at(event) {
    return event.ms + this.offset;
  }

  stats() {
    return this.events.filter(({ ev }) => ev === 'stats');
  }

  hangUp() {
    this.process.kill('SIGINT');
    return this.ended;
  }
}

/** A call from a to b. @param during(start)  is told when both are in the room; ends with the call */
export async function nativeCall({ binary, server, flags = [], during }) {
  const room = `bench-${Math.random().toString(36).slice(2)}`;
  const link = (space) => `http://${server[space]}:2022/r/${room}`;
  const receiver = new NativeEnd(binary, 'b', link('b'), '--video', 'none', '--audio', 'none');
  let sender;
  try {
    await receiver.event('signal.received', ({ event }) => event === 'created');
    sender = new NativeEnd(binary, 'a', link('a'), '--video', 'pattern', '--audio', 'tone', '--codec', 'vp8', ...flags);
    const joined = await receiver.event('signal.received', ({ event }) => event === 'join');
    await during(receiver.at(joined));
    await sender.hangUp();
    await receiver.hangUp();
    return result(sender, receiver, joined);
  } finally {
    sender?.process.kill('SIGKILL');
    receiver.process.kill('SIGKILL');
  }
}

function result(sender, receiver, joined) {
  const first = receiver.events.find(({ ev }) => ev === 'frame.first');
  const stats = receiver.stats();
  return {
    start: receiver.at(joined),
    firstFrame: first ? receiver.at(first) : NaN,
    samples: stats.map((event) => ({
      at: receiver.at(event),
      width: event.in.width,
      height: event.in.height,
      fps: event.in.fps,
      bps: event.in.bps,
      freezes: event.freezes,
      concealed: event.audio_concealed,
      heard: 1,
      buffer: event.jitter_buffer_ms,
    })),
    frames: stats
      .filter((event) => event.gap_ms !== undefined)
      .map((event) => ({ at: event.gap_end_ms + receiver.offset, gap: event.gap_ms, latency: event.latency_ms })),
    targets: sender.stats().map((event) => ({ at: sender.at(event), bps: Math.min(event.target_bps, 2.5e6), sent: event.out.bps, height: event.out.height })),
  };
}
