// SPDX-License-Identifier: MIT
// What changes during a call between a browser and `duet call`: paths, directions, tracks, who offers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshRoom } from './duet.mjs';
import { NativeCall } from './native.mjs';
import { Caller } from './native_caller.mjs';
import { stage } from './stage.mjs';

const { duet, open } = stage({ chromium: {}, firefox: {} });
const kSource = ['--video', 'pattern', '--audio', 'tone', '--size', '320x180', '--stats', '200ms'];

/** Both are in the room, and no media is awaited; `story` has the page's end and ours. */
async function withNative(browser, name, { first = 'page', page, flags = kSource }, story) {
  const room = freshRoom(name);
  const caller = await Caller.open(open[browser], duet.url);
  const call = () => new NativeCall(`${duet.url}/r/${room}`, ...flags);
  let native;
  try {
    if (first === 'page') {
      await caller.join(room, page);
      native = call();
    } else {
      native = call();
      await native.event('signal.received', ({ event }) => event === 'created');
      await caller.join(room, page);
    }
    await native.event('connected');
    await story(caller, native);
    assert.deepEqual(await caller.run(({ errors }) => errors), []);
    assert.ok(!/interrupted/.test(native.said), native.said);
    await caller.run((one) => one.leave());
    assert.equal(await native.ended, 0, native.said);
  } catch (error) {
    throw new Error(`${error.message}\n${await caller.tell().catch(() => 'no page')}\n${native?.said}`, { cause: error });
  } finally {
    await native?.hangUp();
    await caller.close();
  }
}

/** From now on: pictures come to the page. */
async function pageSees(caller, more = 8) {
  const before = await caller.run(({ seen }) => seen.length);
  await caller.until(`(one) => one.seen.length >= ${before + more}`, `${more} more pictures`);
}

/** From now on: what our end's figures say. */
function nativeHas(native, holds, within) {
  const since = native.events.at(-1).ms + 200;
  return native.event('stats', (stats) => stats.ms > since && holds(stats), within);
}

const sees = ({ in: { fps } }) => fps > 5;
const seesNothing = ({ in: { fps } }) => fps === 0;
const hears = ({ audio_level }) => audio_level > 0.02;
const hearsNothing = ({ audio_level }) => audio_level < 0.001;

async function flowsBothWays(caller, native) {
  await pageSees(caller);
  await nativeHas(native, (stats) => sees(stats) && hears(stats));
}

const kBoth = { send: ['audio', 'video'] };
// Firefox too in `./dev calls`.
for (const browser of process.env.DUET_SLOW_TESTS === '1' ? ['chromium', 'firefox'] : ['chromium']) {
  for (const first of ['page', 'native']) {
    test(`${browser}, ${first} first: ICE restarts during media`, async () => {
      await withNative(browser, 'restart', { first, page: kBoth }, async (caller, native) => {
        await flowsBothWays(caller, native);
        const ufrags = () => caller.run(({ pc }) => [pc.localDescription, pc.remoteDescription].map(({ sdp }) => /a=ice-ufrag:(\S+)/.exec(sdp)[1]));
        const before = await ufrags();
        await caller.run(({ pc }) => pc.restartIce());
        for (const end = Date.now() + 10_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 100))) {
          if ((await ufrags()).every((ufrag, i) => ufrag !== before[i])) break;
        }
        const now = await ufrags();
        assert.ok(now.every((ufrag, i) => ufrag !== before[i]), `${before} ${now}`);
        await flowsBothWays(caller, native);
        assert.equal(await caller.run(({ peers }) => peers.length), 1);
      });
    });
  }

  test(`${browser}: hold, one way, and both ways again`, async () => {
    await withNative(browser, 'hold', { page: kBoth }, async (caller, native) => {
      await flowsBothWays(caller, native);
      const turn = (direction) => caller.page.evaluate((to) => window.caller.pc.getTransceivers().forEach((one) => (one.direction = to)), direction);
      await turn('inactive');
      await nativeHas(native, (stats) => seesNothing(stats) && hearsNothing(stats));
      const still = await caller.run(({ seen }) => seen.length);
      await turn('sendonly');
      await nativeHas(native, (stats) => sees(stats) && hears(stats));
      assert.ok((await caller.run(({ seen }) => seen.length)) <= still + 3, 'the page saw pictures on hold');
      await turn('recvonly');
      await pageSees(caller);
      await nativeHas(native, (stats) => seesNothing(stats) && hearsNothing(stats));
      await turn('sendrecv');
      await pageSees(caller);
      await nativeHas(native, (stats) => sees(stats) && hears(stats));
    });
  });

  test(`${browser}: a second picture joins and goes, and the first stays`, async () => {
    await withNative(browser, 'second', { page: kBoth }, async (caller, native) => {
      await flowsBothWays(caller, native);
      await caller.run((one) => (one.second = one.pc.addTrack(one.picture(100_000), new MediaStream())) && undefined);
      await caller.until((one) => one.pc.getTransceivers().length === 3 && one.pc.getTransceivers()[2].mid !== null && one.pc.signalingState === 'stable');
      await flowsBothWays(caller, native);
      await caller.run((one) => one.pc.removeTrack(one.second));
      await flowsBothWays(caller, native);
      await caller.run((one) => one.pc.getTransceivers()[2].stop());
      await flowsBothWays(caller, native);
    });
  });

  test(`${browser}: sound alone, and the picture joins`, async () => {
    await withNative(browser, 'sound', { page: { send: ['audio'] } }, async (caller, native) => {
      await nativeHas(native, hears);
      await pageSees(caller); // for which our end makes an offer
      await caller.run(async (one) => void one.pc.addTrack(await one.track('video'), new MediaStream()));
      await flowsBothWays(caller, native);
    });
  });

  test(`${browser}: the picture alone, and sound joins`, async () => {
    await withNative(browser, 'picture', { first: 'native', page: { send: ['video'] } }, async (caller, native) => {
      await nativeHas(native, (stats) => sees(stats) && hearsNothing(stats));
      await caller.run(async (one) => void one.pc.addTrack(await one.track('audio'), new MediaStream()));
      await flowsBothWays(caller, native);
    });
  });

  test(`${browser}: a page of messages alone sees and hears; then both add media at once`, async () => {
    await withNative(browser, 'messages', { page: { data: true } }, async (caller, native) => {
      await native.event('channel.open');
      await pageSees(caller);
      const meet = async (one) => {
        const tracks = await Promise.all(['audio', 'video'].map((kind) => one.track(kind)));
        for (const track of tracks) one.pc.addTrack(track, new MediaStream());
      };
      await caller.run(meet);
      await flowsBothWays(caller, native);
    });
  });

  test(`${browser}: both offer at once`, async () => {
    // Our end answers an offer of messages, and offers its media at once; so does the page.
    await withNative(browser, 'glare', { page: { data: true, later: ['audio', 'video'] } }, async (caller, native) => {
      await flowsBothWays(caller, native);
    });
  });

  test(`${browser}: nothing is sent by our end, and all is received`, async () => {
    await withNative(browser, 'mute', { first: 'native', page: kBoth, flags: ['--video', 'none', '--audio', 'none', '--stats', '200ms'] }, async (caller, native) => {
      await nativeHas(native, (stats) => sees(stats) && hears(stats));
      await caller.run(({ pc }) => pc.getSenders().forEach((sender) => sender.replaceTrack(null)));
      await nativeHas(native, (stats) => seesNothing(stats) && hearsNothing(stats));
    });
  });
}
