// SPDX-License-Identifier: MIT
// The chat example of the library, with a person at a page on the other side.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freshRoom } from './duet.mjs';
import { kPatience, withPeople } from './person.mjs';
import { stage } from './stage.mjs';

const kExample = process.env.DUET_CHAT_EXAMPLE
  ?? fileURLToPath(new URL('../../build/release/examples/example_data_channel_chat', import.meta.url));

const { duet, open } = stage({ chromium: {}, firefox: {} });

/** The example in a terminal. */
class Terminal {
  constructor(room) {
    this.process = spawn(kExample, [duet.url, room], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.said = '';
    this.process.stdout.on('data', (text) => (this.said += text));
  }

  say(text) {
    this.process.stdin.write(`${text}\n`);
  }

  async hears(text) {
    for (const end = Date.now() + kPatience; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
      if (this.said.includes(`> ${text}\n`)) return;
    }
    throw new Error(`the example did not hear "${text}" but "${this.said}"`);
  }

  async close() {
    this.process.stdin.end();
    if (this.process.exitCode === null) await once(this.process, 'exit');
  }
}

for (const [browser, first] of [['chromium', 'page'], ['chromium', 'example'], ['firefox', 'page'], ['firefox', 'example']]) {
  test(`a page in ${browser} and the chat example, the ${first} first: each reads what the other writes`, async () => {
    await withPeople([open[browser]], duet.url, async (person) => {
      const room = freshRoom('example');
      let terminal;
      try {
        if (first === 'example') {
          terminal = new Terminal(room);
          // The page that comes then is the second, or the first: both orders have to work.
          await new Promise((resolve) => setTimeout(resolve, 1_000));
          await person.enter(room);
        } else {
          await person.enter(room);
          await person.reaches('waiting');
          terminal = new Terminal(room);
        }
        await person.say('grüß dich, 你好');
        await terminal.hears('grüß dich, 你好');
        terminal.say('hello from a terminal');
        await person.hears('hello from a terminal');
      } finally {
        await terminal?.close();
      }
    });
  });
}
