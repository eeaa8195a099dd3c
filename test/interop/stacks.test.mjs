// SPDX-License-Identifier: MIT
// Calls of messages with other stacks that npm has: werift, in TypeScript, and libwebrtc by @roamhq/wrtc.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { End, kDuet, until } from './ends.mjs';

const kStack = fileURLToPath(new URL('stack.mjs', import.meta.url));
const kBytes = 60_000;  // of one message: werift says that it takes 65,536

for (const name of ['werift', 'wrtc']) {
  for (const offers of ['duet', name]) {
    test(`${name}: ${offers} offers, messages go both ways`, async () => {
      const duet = new End(kDuet, [], (line) => stack.tell(line));
      const stack = new End(process.execPath, [kStack, name], (line) => duet.tell(line));
      const ends = [duet, stack];
      const first = offers === 'duet' ? duet : stack;
      const tell = () => JSON.stringify(ends.map((end) => end.said));
      const all = (holds, what) => until(() => ends.every(holds), what, tell);
      try {
        first.tell({ do: 'channel', label: 'chat' });
        first.tell({ do: 'offer' });
        await all((end) => end.reports('open').length > 0, 'the channel opens');
        for (const end of ends) {
          end.tell({ do: 'send', text: '你好' });
          end.tell({ do: 'send', bytes: kBytes });
        }
        await all((end) => end.reports('text')[0]?.text === '你好', 'both hear the text');
        await all((end) => end.reports('binary')[0]?.bytes === kBytes, 'both get the bytes');
        for (const end of ends) assert.deepEqual(end.reports('error'), []);
      } finally {
        await Promise.all(ends.map((end) => end.close()));
      }
    });
  }
}
