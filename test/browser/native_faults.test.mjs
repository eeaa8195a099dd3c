// SPDX-License-Identifier: MIT
// What goes wrong for `duet call`: one sentence and an exit code each (docs/exit-codes.md), and what was recorded plays.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Duet, freshRoom } from './duet.mjs';
import { NativeCall } from './native.mjs';
import { inFolder, probe } from './native_files.mjs';

const kSource = ['--video', 'pattern', '--audio', 'tone', '--size', '320x180'];
const kBare = ['--video', 'none', '--audio', 'none'];
const kTogether = { concurrency: 4 }; // most of it is waiting
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let duet;
before(async () => (duet = await new Duet().open()));
after(() => duet.stop());
const link = (room, secure = false) => `${secure ? duet.url.replace('http:', 'https:') : duet.url}/r/${room}`;

/** It ends with `code`, and says nothing on stderr but `sentence`. */
async function endsAtOnce(native, code, sentence) {
  assert.equal(await native.ended, code, native.said);
  assert.match(native.said, sentence);
  assert.equal(native.said.trimEnd().split('\n').length, 1, native.said);
}

/** Two ends in a call; `story` has both. They are gone afterwards. */
async function inCall(name, { first = kSource, second = kSource, server = () => link, warm = 0 }, story) {
  const room = freshRoom(name);
  const ends = [new NativeCall(server()(room), ...first)];
  try {
    await ends[0].event('signal.received', ({ event }) => event === 'created');
    ends.push(new NativeCall(server()(room), ...second));
    for (const end of ends) await end.event('connected');
    await wait(warm);
    await story(...ends, room);
  } finally {
    for (const end of ends) await end.hangUp();
  }
}

describe('what was asked for is not there', kTogether, () => {
  const cases = [
    ['a file that is no video', 6, /notes\.mp4 is no video or sound file that can be read/, ['--video', 'file:notes.mp4', '--audio', 'none']],
    ['a file that is no sound', 6, /notes\.mp4 is no video or sound file that can be read/, ['--video', 'none', '--audio', 'file:notes.mp4']],
    ['a camera', 6, /There is no camera \/dev\/video99/, ['--video', 'camera:/dev/video99', '--audio', 'none']],
    ['a microphone', 6, /There is no microphone Nobody's/, ['--video', 'none', '--audio', "mic:Nobody's"]],
    ['a screen', 6, /There is no screen/, ['--video', 'screen', '--audio', 'none']],
    ['a folder for the recording', 6, /can't be written to \/nowhere\/x\.mkv/, [...kBare, '--record', '/nowhere/x.mkv']],
  ];
  for (const [what, code, sentence, flags] of cases) {
    test(what, async () => {
      await inFolder(async (folder) => {
        writeFileSync(join(folder, 'notes.mp4'), 'hello');
        const named = flags.map((flag) => flag.replace('notes.mp4', join(folder, 'notes.mp4')));
        await endsAtOnce(new NativeCall(link(freshRoom('missing')), ...named), code, sentence);
      });
    });
  }
});

describe('the server', kTogether, () => {
  test('has no address', async () => {
    await endsAtOnce(new NativeCall('http://duet.invalid/r/x', ...kBare), 3, /can't reach duet\.invalid:80: no address of that name was found/);
    await endsAtOnce(new NativeCall('http://duet.invalid/r/x', ...kBare, '--lang', 'zh'), 3, /无法连接 duet\.invalid:80：找不到该名称对应的地址。/);
  });

  test('has a certificate that nobody vouches for', async () => {
    await endsAtOnce(new NativeCall(link(freshRoom('tls'), true), ...kBare), 3, /can't trust 127\.0\.0\.1:\d+: self-signed .* --pin .* --ca/);
  });

  test('shows another certificate than the pinned one', async () => {
    await endsAtOnce(new NativeCall(link(freshRoom('pin'), true), ...kBare, '--pin', '0'.repeat(64)), 11, /another certificate than --pin says/);
  });

  test('is believed by its fingerprint, and by its authority', async () => {
    await inFolder(async (folder) => {
      const pin = /SHA-256 (\S+)/.exec(duet.said)[1];
      const ca = join(folder, 'ca.crt');
      writeFileSync(ca, Buffer.from(await (await fetch(`${duet.url}/ca.crt`)).arrayBuffer()));
      const secure = () => (room) => link(room, true);
      await inCall('trust', { first: [...kBare, '--pin', pin], second: [...kBare, '--ca', ca], server: secure }, async (_, second) => {
        assert.equal(await second.hangUp(), 0, second.said);
      });
    });
  });

  test('gives no further room a seat', async () => {
    const small = await new Duet('--max-rooms', '1').open();
    const first = new NativeCall(`${small.url}/r/one`, ...kBare);
    try {
      await first.event('signal.received', ({ event }) => event === 'created');
      await endsAtOnce(new NativeCall(`${small.url}/r/two`, ...kBare), 5, /the server did not let us in: .*no place for another room/);
    } finally {
      await first.hangUp();
      await small.stop();
    }
  });

  test('never answers: Ctrl-C ends with 130, and SIGTERM with 143', async () => {
    const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    silent.unref();
    await new Promise((resolve) => silent.once('listening', resolve));
    for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]]) {
      const native = new NativeCall(`http://127.0.0.1:${silent.address().port}/r/x`, ...kBare);
      await new Promise((resolve) => silent.once('connection', resolve)); // it waits for an answer
      native.process.kill(signal);
      await endsAtOnce(native, code, /hung up/);
    }
    silent.close();
  });
});

describe('recordings', kTogether, () => {
  const plays = (file, seconds) => {
    const { frames, seconds: long, audio } = probe(file);
    assert.ok(frames > 15 * seconds, `${file}: ${frames} pictures`);
    assert.equal(audio.codec_name, 'opus');
    return long;
  };

  for (const ending of ['mkv', 'webm', 'mp4']) {
    test(`Ctrl-C closes a .${ending}, which knows its length`, async () => {
      await inFolder(async (folder) => {
        const file = join(folder, `call.${ending}`);
        await inCall('closed', { second: [...kSource, '--codec', 'vp9', '--record', file], warm: 3_000 }, async (_, second) => {
          assert.equal(await second.hangUp(), 0, second.said);
          const seconds = plays(file, 2);
          assert.ok(seconds > 2 && seconds < 8, `${seconds} s`);
        });
      });
    });

    test(`what a .${ending} holds plays after a kill`, async () => {
      await inFolder(async (folder) => {
        const file = join(folder, `call.${ending}`);
        await inCall('killed', { second: [...kSource, '--codec', 'vp9', '--record', file], warm: 4_000 }, async (_, second) => {
          second.process.kill('SIGKILL');
          await second.ended;
          plays(file, 2); // the last second may be missing
        });
      });
    });
  }

  test('a full disk: a sentence, the call goes on, and it ends with 6', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'full.mkv');
      symlinkSync('/dev/full', file);
      await inCall('full', { second: [...kSource, '--record', file, '--stats', '200ms'] }, async (_, second) => {
        const trouble = await second.event('trouble');
        assert.match(trouble.what, /The disk is full, so the recording ended/);
        await second.event('stats', ({ ms, in: { fps } }) => ms > trouble.ms + 500 && fps > 10);
        assert.equal(await second.hangUp(), 6, second.said);
      });
    });
  });
});

describe('hooks', kTogether, () => {
  test('are told the facts, and a name is never a command', async () => {
    await inFolder(async (folder) => {
      const file = (name) => join(folder, name);
      const hook = (event) => `printenv DUET_EVENT DUET_ROOM DUET_PEER DUET_REASON > ${file(event)}; echo for people`;
      const name = `x"; touch ${file('pwned')}; $(touch ${file('pwned')}) \`touch ${file('pwned')}\``;
      await inCall('hooks', {
        first: [...kSource, '--on-ring', hook('ring'), '--on-connect', hook('connect'), '--on-hangup', hook('hangup')],
        second: [...kSource, '--name', name],
      }, async (first, second, room) => {
        assert.equal(await second.hangUp(), 0, second.said);
        assert.equal(await first.ended, 0, first.said);
        await wait(300); // who runs a command doesn't wait for it
        const told = (event) => readFileSync(file(event), 'utf8').split('\n');
        assert.deepEqual(told('ring').slice(0, 2), ['ring', room]);
        assert.deepEqual(told('connect'), ['connect', room, name, '', '']);
        assert.deepEqual(told('hangup'), ['hangup', room, name, 'bye', '']);
        assert.ok(!existsSync(file('pwned')));
        assert.match(first.said, /for people/); // on stderr: stdout is for events
      });
    });
  });

  test('that fail or never end hold nothing up', async () => {
    await inCall('stuck', { first: [...kSource, '--on-ring', 'exit 3', '--on-connect', 'sleep 2', '--on-hangup', '/nowhere/at/all'] }, async (first, second) => {
      await second.hangUp();
      const began = Date.now();
      assert.equal(await first.ended, 0, first.said);
      assert.ok(Date.now() - began < 1_500, 'it waited for a command');
    });
  });
});

describe('paths', kTogether, () => {
  test('--relay-only at one end takes the relay, and is told so', async () => {
    const flags = ['--relay-only', '--duration', '1s', '--expect', 'path=relay,connected<3s,video_fps>5'];
    await inCall('relay', { second: [...kSource, ...flags] }, async (first, second) => {
      assert.equal(await second.ended, 0, second.said);
      for (const end of [first, second]) {
        const { local, remote } = [...end.events].reverse().find(({ ev }) => ev === 'ice.selected');
        assert.ok(`${local} ${remote}`.includes('relay'), `${local} ${remote}`);
      }
    });
  });
});

describe('a server that goes', kTogether, () => {
  const own = async (story) => {
    const server = await new Duet().open();
    try {
      await story(server, { server: () => (room) => `${server.url}/r/${room}` });
    } finally {
      await server.stop();
    }
  };

  test('and comes back during a call: media goes on, and so does the call', async () => {
    await own(async (server, options) => {
      const stats = ['--stats', '200ms'];
      await inCall('restart', { ...options, first: [...kSource, ...stats], second: [...kSource, ...stats] }, async (first, second) => {
        await first.event('frame.first');
        await server.kill();
        await second.event('stats', ({ in: { fps } }) => fps > 10);
        await server.run();
        for (const end of [first, second]) {
          for (const until = Date.now() + 15_000; !/the server is back/.test(end.said) && Date.now() < until; ) await wait(100);
          assert.match(end.said, /server out of reach[\s\S]*the server is back/);
        }
        const since = second.events.at(-1).ms;
        await second.event('stats', ({ ms, in: { fps } }) => ms > since + 500 && fps > 10);
        assert.ok(!/interrupted/.test(first.said + second.said), first.said + second.said);
        assert.equal(await second.hangUp(), 0, second.said);
        assert.equal(await first.ended, 0, first.said); // heard by the server that came back
      });
    });
  });

  test('for good: a call goes on to its end, a device goes on waiting', async () => {
    await own(async (server, options) => {
      await inCall('gone', { ...options, first: [...kSource, '--answer', '--keep'], second: [...kSource, '--duration', '3s', '--expect', 'video_fps>5'] }, async (device, caller) => {
        await device.event('frame.first');
        await server.kill();
        assert.equal(await caller.ended, 0, caller.said);
        assert.match(caller.said, /hung up after 3s/);
        await wait(500);
        assert.equal(device.process.exitCode, null, device.said);
        assert.equal(await device.hangUp(), 0, device.said);
      });
    });
  });
});
