// SPDX-License-Identifier: MIT
// Calls between `duet call` and browsers: pictures and sound both ways, recordings, how each ends.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freshRoom } from './duet.mjs';
import { NativeCall } from './native.mjs';
import { withPeople } from './person.mjs';
import { stage } from './stage.mjs';

const { duet, open } = stage({ chromium: { args: ['--use-fake-ui-for-media-stream'] }, firefox: {} });
const kSource = ['--video', 'pattern', '--audio', 'tone', '--size', '640x360'];
const link = (room) => `${duet.url}/r/${room}`;

async function inFolder(story) {
  const folder = mkdtempSync(join(tmpdir(), 'duet-native-'));
  try {
    await story(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const browser of ['chromium', 'firefox']) {
  for (const first of ['native', 'page']) {
    test(`${browser}, ${first} first: pictures and sound both ways`, async () => {
      await withPeople([open[browser]], duet.url, async (person) => {
        const room = freshRoom('native');
        let native;
        if (first === 'native') {
          native = new NativeCall(link(room), ...kSource, '--stats', '500ms');
          await native.event('signal.received', ({ event }) => event === 'created');
          await person.enter(room);
        } else {
          await person.enter(room);
          await person.reaches('waiting');
          native = new NativeCall(link(room), ...kSource, '--stats', '500ms');
        }
        try {
          await person.reaches('live');
          await person.sees(20);
          await native.event('frame.first');
          await native.event('stats', (stats) => stats.in.fps > 5 && stats.audio_level > 0.001);
        } finally {
          assert.equal(await native.hangUp(), 0, native.said);
        }
        await person.reaches('ended');
      });
    });
  }
}

for (const browser of ['chromium', 'firefox']) {
  test(`what ${browser} tells of arrivals raises the rate, and keeps it there`, async () => {
    await withPeople([open[browser]], duet.url, async (person) => {
      const room = freshRoom('rate');
      const native = new NativeCall(link(room), ...kSource, '--stats', '500ms');
      const isHigh = ({ target_bps, out }) => target_bps > 800_000 && out.height === 360;
      await native.event('signal.received', ({ event }) => event === 'created');
      await person.enter(room);
      await person.reaches('live');
      const { ms } = await native.event('stats', isHigh);
      // While most of it was refused, the rate fell to 20 kbit/s within three seconds.
      const later = await native.event('stats', (stats) => stats.ms > ms + 5_000);
      assert.ok(isHigh(later), JSON.stringify(later));
      assert.equal(await native.hangUp(), 0, native.said);
      await person.reaches('ended');
    });
  });
}

test('the safety number is the same on the page and in duet call', async () => {
  await withPeople([open.chromium], duet.url, async (person) => {
    const room = freshRoom('safety');
    const native = new NativeCall(link(room), ...kSource);
    try {
      await native.event('signal.received', ({ event }) => event === 'created');
      await person.enter(room);
      const { safety } = await native.event('connected');
      assert.match(safety, /^(\d{5} ){11}\d{5}$/);
      await person.press('quality');
      await person.page.waitForFunction(
        (digits) => document.querySelector('[data-testid=safety]')?.textContent.replace(/\s/g, '').includes(digits),
        { timeout: 10_000, polling: 100 },
        safety.replaceAll(' ', ''),
      );
      assert.ok(native.said.includes(`safety number ${safety}\n`), native.said);
    } finally {
      await native.hangUp();
    }
  });
});

test('a page that is loaded anew is met with a new connection', async () => {
  await withPeople([open.chromium], duet.url, async (person) => {
    const room = freshRoom('reload');
    const native = new NativeCall(link(room), ...kSource, '--stats', '500ms');
    try {
      await native.event('signal.received', ({ event }) => event === 'created');
      await person.enter(room);
      await native.event('frame.first');
      await person.sees(5);
      await person.page.reload({ waitUntil: 'domcontentloaded' });
      await person.reaches('live', 30_000);
      await person.sees(10);
      const reloaded = native.events.length;
      await native.event('stats', (stats) => native.events.indexOf(stats) > reloaded && stats.in.fps > 5);
    } finally {
      assert.equal(await native.hangUp(), 0, native.said);
    }
  });
});

test('the page hangs up: duet call ends with 0, and its recording plays', async () => {
  await inFolder(async (folder) => {
    await withPeople([open.chromium], duet.url, async (person) => {
      const room = freshRoom('record');
      const file = join(folder, 'call.mkv');
      const native = new NativeCall(link(room), ...kSource, '--record', file);
      await native.event('signal.received', ({ event }) => event === 'created');
      await person.enter(room);
      await native.event('frame.first');
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      await person.press('hang-up');
      assert.equal(await native.ended, 0, native.said);
      const probe = JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-of', 'json', '-show_streams', '-show_format', '-count_frames', file]));
      const video = probe.streams.find(({ codec_type }) => codec_type === 'video');
      const audio = probe.streams.find(({ codec_type }) => codec_type === 'audio');
      assert.ok(Number(video.nb_read_frames) > 20, JSON.stringify(video));
      assert.equal(audio.codec_name, 'opus');
      assert.ok(Number(probe.format.duration) > 2, probe.format.duration);
      execFileSync('ffmpeg', ['-v', 'error', '-xerror', '-i', file, '-f', 'null', '-']); // throws if it doesn't decode
    });
  });
});

for (const browser of ['chromium', 'firefox']) {
  for (const first of ['native', 'page']) {
    test(`${browser}, ${first} first: it sends what an .mp4 file holds`, async () => {
      await inFolder(async (folder) => {
        await withPeople([open[browser]], duet.url, async (person) => {
          const room = freshRoom('mp4');
          const file = join(folder, 'call.mp4');
          const call = () => new NativeCall(link(room), '--video', 'none', '--audio', 'none', '--record', file);
          let native = first === 'native' ? call() : undefined;
          await native?.event('signal.received', ({ event }) => event === 'created');
          await person.enter(room);
          if (first === 'page') await person.reaches('waiting');
          native ??= call();
          await native.event('frame.first');
          await new Promise((resolve) => setTimeout(resolve, 2_000));
          assert.equal(await native.hangUp(), 0, native.said);
          const { streams } = JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-of', 'json', '-show_streams', '-count_frames', file]));
          const video = streams.find(({ codec_type }) => codec_type === 'video');
          // Firefox here has no H.264.
          assert.equal(video.codec_name, browser === 'chromium' ? 'h264' : 'vp9');
          assert.ok(Number(video.nb_read_frames) > 5, JSON.stringify(video));
        });
      });
    });
  }
}

test('two of duet call call each other, and keep what they expect', async () => {
  const room = freshRoom('two');
  const first = new NativeCall(link(room), ...kSource);
  await first.event('signal.received', ({ event }) => event === 'created');
  const second = new NativeCall(link(room), ...kSource, '--duration', '4s', '--expect', 'connected<3s,video_fps>=20,loss<2%,path=host,audio_level>0.01');
  assert.equal(await second.ended, 0, second.said);
  assert.equal(await first.ended, 0, first.said);
});

test('an expectation that is missed ends with 9 and says by how much', async () => {
  const room = freshRoom('missed');
  const first = new NativeCall(link(room), ...kSource);
  await first.event('signal.received', ({ event }) => event === 'created');
  const second = new NativeCall(link(room), ...kSource, '--duration', '2s', '--expect', 'video_fps>=90');
  assert.equal(await second.ended, 9, second.said);
  assert.match(second.said, /expected video_fps>=90, and it was [\d.]+/);
  await first.ended;
});

test('nobody comes, the room is full, there is no server: a sentence and a code each', async () => {
  const room = freshRoom('codes');
  const alone = new NativeCall(link(room), ...kSource, '--wait', '500ms');
  assert.equal(await alone.ended, 10, alone.said);
  assert.match(alone.said, /nobody came within 500ms/);

  const pair = [new NativeCall(link(room), '--video', 'none', '--audio', 'none')];
  await pair[0].event('signal.received', ({ event }) => event === 'created');
  pair.push(new NativeCall(link(room), '--video', 'none', '--audio', 'none'));
  await pair[1].event('connected');
  const third = new NativeCall(link(room), '--video', 'none', '--audio', 'none');
  assert.equal(await third.ended, 4, third.said);
  assert.match(third.said, /two people already/);
  await pair[0].hangUp();
  await pair[1].ended;

  const nowhere = new NativeCall('http://127.0.0.1:9/r/x', '--video', 'none', '--audio', 'none');
  assert.equal(await nowhere.ended, 3, nowhere.said);
  assert.match(nowhere.said, /can't reach 127\.0\.0\.1:9/);
});

test('devices and files that are not there: 6 if asked for, a warning if not', async () => {
  const missing = new NativeCall(link(freshRoom('file')), '--video', 'file:/nowhere.mp4', '--audio', 'none');
  assert.equal(await missing.ended, 6, missing.said);
  assert.match(missing.said, /nowhere\.mp4/);
  // What only a call that comes about goes on without is no news beside it.
  const both = new NativeCall(link(freshRoom('both')), '--video', 'file:/nowhere.mp4', '--record', '/tmp/never.mkv');
  assert.equal(await both.ended, 6, both.said);
  assert.equal(both.said, 'duet: --video: There is no file /nowhere.mp4.\n');
  const nowhere = new NativeCall(link(freshRoom('nowhere')), ...kSource, '--snapshot', '/nowhere/door.png');
  assert.equal(await nowhere.ended, 6, nowhere.said);
  assert.equal(nowhere.said, "duet: --snapshot: The snapshot /nowhere/door.png can't be written: No such file or directory.\n");
  const bare = new NativeCall(link(freshRoom('bare')), '--wait', '300ms', '--show', 'auto');
  assert.equal(await bare.ended, 10, bare.said);
  assert.match(bare.said, /warning: .*camera/i);
  if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) assert.match(bare.said, /warning: there is no display/);
});

test('a device answers call after call, through a restart of the server', async () => {
  const room = freshRoom('device');
  const device = new NativeCall(link(room), ...kSource, '--answer', '--keep');
  try {
    await device.event('signal.received', ({ event }) => event === 'created');
    for (let count = 0; count < 3; count += 1) {
      const caller = new NativeCall(link(room), ...kSource, '--duration', '700ms', '--expect', 'connected<5s');
      assert.equal(await caller.ended, 0, caller.said);
    }
    await duet.kill('SIGTERM');
    await duet.run();
    const caller = new NativeCall(link(room), ...kSource, '--duration', '700ms', '--wait', '20s');
    assert.equal(await caller.ended, 0, caller.said);
  } finally {
    assert.equal(await device.hangUp(), 0, device.said);
  }
});
