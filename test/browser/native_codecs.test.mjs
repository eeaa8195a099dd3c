// SPDX-License-Identifier: MIT
// Every codec that a browser offers, both ways between it and `duet call`: pictures by their counters and their
// likeness to what was sent, sound by its tone.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freshRoom } from './duet.mjs';
import { NativeCall } from './native.mjs';
import { Caller, kSent } from './native_caller.mjs';
import { inFolder, makeKnown, recordedPictures, recordedTone } from './native_files.mjs';
import { stage } from './stage.mjs';

const { duet, open } = stage({ chromium: {}, firefox: {} });
const kKnown = { ...kSent, seconds: 8, toneHz: 700 };
const kLeastLikeness = 30; // dB
let folder;
let known;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'duet-codecs-'));
  known = makeKnown(folder, kKnown);
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Pictures of one end as the other had them: in order, many, and alike. */
function holdsUp(seen, who) {
  const told = JSON.stringify(seen.map(({ counter, psnr }) => [counter, Math.round(psnr)]));
  assert.ok(seen.length > 15, `${who}: ${told}`);
  const rises = seen.filter(({ counter }, i) => i > 0 && counter > seen[i - 1].counter).length;
  assert.ok(rises >= seen.length - 2, `${who}, in order but where the file begins anew: ${told}`);
  const ordered = seen.map(({ psnr }) => psnr).sort((a, b) => a - b);
  assert.ok(ordered[Math.floor(ordered.length / 4)] > kLeastLikeness, `${who}, three quarters above ${kLeastLikeness} dB: ${told}`);
}

function hasTone(file, wantedHz, who) {
  const { hz, level } = recordedTone(file);
  assert.ok(Math.abs(hz - wantedHz) < 10 && level > 0.01, `${who} hears ${hz} Hz at ${level}`);
}

const cases = [
  ['chromium', 'VP8', 'opus', 'page'],
  ['chromium', 'VP9', 'PCMU', 'native'],
  ['chromium', 'H264', 'PCMA', 'page'],
  ['chromium', 'AV1', 'opus', 'native'],
  ['chromium', 'VP8', 'red', 'page'],
  ['firefox', 'VP8', 'PCMA', 'native'],
  ['firefox', 'VP9', 'opus', 'page'],
  ['firefox', 'AV1', 'PCMU', 'page'],
];
for (const [browser, video, audio, offerer] of cases) {
  test(`${browser}: ${video} and ${audio}, offered by ${offerer === 'page' ? 'the page' : 'duet call'}`, async () => {
    await inFolder(async (folder) => {
      const room = freshRoom('codecs');
      const record = join(folder, 'call.mkv');
      const caller = await Caller.open(open[browser], duet.url);
      let native;
      const call = () =>
        (native = new NativeCall(`${duet.url}/r/${room}`, '--video', `file:${known}`, '--audio', `file:${known}`,
          '--size', `${kKnown.width}x${kKnown.height}`, '--codec', video.toLowerCase(), '--record', record));
      const options = { send: ['audio', 'video'], audioCodecs: audio === 'red' ? ['red', 'opus'] : [audio.toLowerCase()] };
      try {
        // Who was there first offers.
        if (offerer === 'native') {
          call();
          await native.event('signal.received', ({ event }) => event === 'created');
          await caller.join(room, options);
        } else {
          await caller.join(room, options);
          call();
        }
        await caller.until((one) => one.seen.length > 30, 'the page sees', 25_000);
        await native.event('frame.first');
        const { seen, figures, errors, sound } = await caller.run(async (one) => ({
          seen: one.seen, errors: one.errors, figures: await one.figures(), sound: await one.sound(),
        }));
        assert.deepEqual(errors, []);
        for (const way of ['sent', 'received']) {
          assert.equal(figures[`${way}_video`].codec, video.toUpperCase(), way);
          // Redundancy is not counted as a codec; ours begins once packets get lost.
          assert.equal(figures[`${way}_audio`].codec, audio === 'red' ? 'OPUS' : audio.toUpperCase(), way);
        }
        if (audio === 'red') {
          const { sdp } = await native.event('sdp.local');
          const red = Number(/a=rtpmap:(\d+) red\//.exec(sdp)[1]);
          await native.event('rtp.first', ({ pt }) => pt === red);
        }
        holdsUp(seen, 'the page');
        const heard = join(folder, 'heard.webm');
        writeFileSync(heard, Buffer.from(sound, 'base64'));
        hasTone(heard, kKnown.toneHz, 'the page');
        await caller.run((one) => one.leave());
        assert.equal(await native.ended, 0, native.said);
        holdsUp(recordedPictures(record, kSent), 'duet call');
        hasTone(record, kSent.toneHz, 'duet call');
      } finally {
        await native?.hangUp();
        await caller.close();
      }
    });
  });
}
