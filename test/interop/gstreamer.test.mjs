// SPDX-License-Identifier: MIT
// Calls with GStreamer's webrtcbin: messages, and sound and pictures that we send back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { End, kDuet, until } from './ends.mjs';

const kPython = '/usr/bin/python3';  // Debian's, which has its packages
const kGstreamer = fileURLToPath(new URL('gstreamer.py', import.meta.url));

for (const [offers, codec] of [['duet', 'vp8'], ['gstreamer', 'vp8'], ['duet', 'h264'], ['gstreamer', 'h264']]) {
  test(`${offers} offers: messages go both ways, sound and ${codec.toUpperCase()} come back and are decoded`, async () => {
    const duet = new End(kDuet, [], (line) => gstreamer.tell(line));
    const gstreamer = new End(kPython, [kGstreamer], (line) => duet.tell(line));
    const ends = [duet, gstreamer];
    const first = offers === 'duet' ? duet : gstreamer;
    const tell = () => JSON.stringify(ends.map((end) => end.said));
    const all = (holds, what) => until(() => ends.every(holds), what, tell);
    try {
      duet.tell({ do: 'loop' });
      for (const kind of ['audio', 'video']) {
        // Ours sends what it gets.
        for (const end of new Set([first, gstreamer])) end.tell({ do: 'add', kind, ...(kind === 'video' ? { codec } : {}) });
      }
      first.tell({ do: 'channel', label: 'chat' });
      first.tell({ do: 'offer' });
      await all((end) => end.reports('open').length > 0, 'the channel opens');
      for (const end of ends) {
        end.tell({ do: 'send', text: '你好' });
        end.tell({ do: 'send', bytes: 60_000 });
      }
      await all((end) => end.reports('text')[0]?.text === '你好', 'both hear the text');
      await all((end) => end.reports('binary')[0]?.bytes === 60_000, 'both get the bytes');
      let seen;
      await until(async () => {
        const [ours, theirs] = [await duet.counts(), await gstreamer.counts()];
        seen = JSON.stringify([ours, theirs]);
        return Math.min(ours.audio, theirs.audio, theirs['audio decoded']) > 50
          && Math.min(ours.video, theirs.video) > 20 && theirs['video decoded'] > 15;
      }, 'packets of both kinds both ways, and what they hold', () => `${seen}\n${tell()}`);
      for (const end of ends) assert.deepEqual(end.reports('error'), []);
    } finally {
      await Promise.all(ends.map((end) => end.close()));
    }
  });
}
