// SPDX-License-Identifier: MIT
// Somebody at Duet's page in a call with `duet call`: devices on and off, devices that are missing, reloads.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshRoom } from './duet.mjs';
import { NativeCall } from './native.mjs';
import { withPeople } from './person.mjs';
import { stage } from './stage.mjs';

const { duet, open } = stage({ chromium: { args: ['--use-fake-ui-for-media-stream'] }, firefox: {} });
const kSource = ['--video', 'pattern', '--audio', 'tone', '--size', '320x180', '--stats', '200ms'];
const sees = ({ in: { fps } }) => fps > 4;
const hears = ({ audio_level }) => audio_level > 0.001;

/** Devices that are not there until a test says so; Chromium beeps and Firefox hums for those that are. */
function withoutDevices(kinds) {
  window.duetTestMissing = new Set(kinds);
  const devices = navigator.mediaDevices;
  if (!devices) return; // an empty page, in Firefox
  const stock = devices.getUserMedia.bind(devices);
  devices.getUserMedia = (wanted) =>
    [...window.duetTestMissing].some((kind) => wanted[kind]) ? Promise.reject(new DOMException('none here', 'NotFoundError')) : stock(wanted);
}

/** @param options.missing  devices that the page has not, in the beginning */
async function withNative(browser, name, { first = 'native', flags = kSource, missing = [] }, story) {
  await withPeople([open[browser]], duet.url, async (person) => {
    if (missing.length > 0) await person.page.evaluateOnNewDocument(withoutDevices, missing);
    const room = freshRoom(name);
    let native;
    const call = async () => {
      native = new NativeCall(`${duet.url}/r/${room}`, ...flags);
      await native.event('signal.received', ({ event }) => ['created', 'joined'].includes(event));
    };
    try {
      if (first === 'native') await call();
      await person.enter(room);
      if (first === 'page') {
        await person.reaches('waiting');
        await call();
      }
      await native.event('connected');
      await person.reaches('live');
      await story(person, native);
    } catch (error) {
      throw new Error(`${error.message}\n${native?.said}\n${JSON.stringify(native?.events.slice(-3))}`, { cause: error });
    } finally {
      await native?.hangUp();
    }
  });
}

/** From now on, for our end's figures. */
function has(native, holds, within) {
  const since = native.events.at(-1).ms + 200;
  return native.event('stats', (stats) => stats.ms > since && holds(stats), within);
}

const shows = (native, fits) => native.event('signal.received', (one) => one.type === 'media' && fits(one));
const found = (person) => person.page.evaluate(() => window.duetTestMissing.clear());

// Chromium too in `./dev calls`.
for (const browser of process.env.DUET_SLOW_TESTS === '1' ? ['firefox', 'chromium'] : ['firefox']) {
  test(`${browser}: mute and camera, off and on again`, async () => {
    await withNative(browser, 'toggle', {}, async (person, native) => {
      await person.sees(5);
      await has(native, (stats) => sees(stats) && hears(stats));
      await person.press('camera');
      await shows(native, ({ video, audio }) => !video && audio);
      await has(native, (stats) => stats.in.fps === 0 && hears(stats));
      await person.press('mic');
      await shows(native, ({ audio }) => !audio);
      await has(native, (stats) => !hears(stats));
      await person.press('camera');
      await person.press('mic');
      await has(native, (stats) => sees(stats) && hears(stats));
      await person.sees(5);
    });
  });

  for (const first of ['native', 'page']) {
    test(`${browser}, ${first} first: a microphone that joins later is heard, and the call stays live`, async () => {
      await withNative(browser, 'later', { first, missing: ['audio'] }, async (person, native) => {
        await has(native, (stats) => sees(stats) && !hears(stats));
        await found(person);
        await person.press('mic');
        await has(native, (stats) => sees(stats) && hears(stats));
        await person.reaches('live');
        await person.sees(5);
      });
    });
  }

  test(`${browser}: a page without devices sees, and its camera joins later`, async () => {
    await withNative(browser, 'bare', { missing: ['audio', 'video'] }, async (person, native) => {
      await person.sees(5);
      await has(native, (stats) => stats.in.fps === 0 && !hears(stats));
      await found(person);
      await person.press('camera');
      await has(native, sees);
    });
  });

  test(`${browser}: our end has nothing to send, and the page's microphone joins later`, async () => {
    const flags = ['--video', 'none', '--audio', 'none', '--stats', '200ms'];
    await withNative(browser, 'silent', { first: 'page', flags, missing: ['audio'] }, async (person, native) => {
      await has(native, sees);
      await found(person);
      await person.press('mic');
      await has(native, (stats) => sees(stats) && hears(stats));
      await person.reaches('live');
    });
  });
}

test('a shared screen takes the camera\'s place, and gives it back', async () => {
  await withNative('chromium', 'screen', {}, async (person, native) => {
    await has(native, sees);
    const { in: camera } = await has(native, sees);
    await person.press('share');
    await shows(native, ({ video }) => video);
    await person.page.waitForSelector('[data-testid=share][aria-pressed=true]', { timeout: 10_000 });
    // A screen has another shape than the camera's 4:3 or 16:9 in the same size.
    await has(native, ({ in: { width, height, fps } }) => fps > 0 && (width !== camera.width || height !== camera.height));
    await person.press('share');
    await has(native, ({ in: { width, height, fps } }) => fps > 4 && width * camera.height === height * camera.width);
  });
});

test('Firefox is loaded anew and met with a new connection', async () => {
  await withNative('firefox', 'reload', {}, async (person, native) => {
    await person.sees(5);
    await person.page.reload({ waitUntil: 'domcontentloaded' });
    await person.reaches('live', 30_000);
    await person.sees(5);
    await has(native, (stats) => sees(stats) && hears(stats));
  });
});

test('a tab that is closed without a word may be one that is loaded anew, for 20 s', { skip: process.env.DUET_SLOW_TESTS !== '1' }, async () => {
  await withNative('chromium', 'closed', {}, async (person, native) => {
    await person.page.goto('about:blank');
    const { within_ms } = await native.event('interrupted', ({ why }) => why === 'closed', 3_000);
    assert.equal(within_ms, 20_000);
    assert.match(native.said, /closed its end/);
    const began = Date.now();
    assert.equal(await native.ended, 0, native.said);
    assert.ok(Date.now() - began < 25_000);
    assert.match(native.said, /the other one left/);
    await person.goto('/');
  });
});
