// SPDX-License-Identifier: MIT
// What a person meets who has no device, gives no permission, or has no secure page.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chromium, firefox } from './browsers.mjs';
import { freshRoom } from './duet.mjs';
import { Person } from './person.mjs';
import { stage } from './stage.mjs';

const { duet, open } = stage({ chromium: {} });

/** In the green room of `browser`: which problems are told. */
async function problems(person) {
  await person.see('media-problems');
  await person.page.waitForSelector('[data-testid=media-problems] [data-key]', { timeout: 20_000 });
  return person.page.$$eval('[data-testid=media-problems] [data-key]', (all) => all.map((one) => [one.dataset.key, one.textContent]));
}

/** Joins as they are, and sees and hears the other one all the same. */
async function callsWithoutDevices(person, room) {
  const other = await Person.arrive(open.chromium, duet.url);
  try {
    await person.press('enter');
    await person.reaches('waiting');
    await other.enter(room);
    await Promise.all([person.reaches('live'), other.reaches('live')]);
    await person.sees(10);
    assert.equal(await person.page.$('[data-testid=call] [data-testid=media-problems]'), null, 'said before, and not over the call');
    await person.say('I see you');
    await other.hears('I see you');
    await other.page.waitForSelector('video.off[data-testid=remote-video]');
  } finally {
    await other.leave();
  }
}

const kDenied = 'The camera or microphone is blocked. Click the icon left of the address and allow it, then try again.';

for (const [name, launch] of [['chromium', chromium], ['firefox', firefox]]) {
  test(`${name}, permission denied: a sentence says what to do, and the call works without`, async () => {
    const browser = await launch({ deny: true });
    const person = new Person();
    try {
      Object.assign(person, { origin: duet.url, context: await browser.createBrowserContext() });
      person.page = await person.context.newPage();
      const room = freshRoom('denied');
      await person.goto(`/r/${room}`);
      assert.deepEqual(await problems(person), [['gum_denied', kDenied]]);
      assert.equal(await person.text('enter'), 'Join without camera and microphone');
      await callsWithoutDevices(person, room);
    } finally {
      await browser.close();
    }
  });
}

test('chromium, no devices: each missing one has its sentence, and the call works without', async () => {
  const browser = await chromium({ devices: false });
  try {
    const person = await Person.arrive(browser, duet.url);
    const room = freshRoom('bare');
    await person.goto(`/r/${room}`);
    const told = await problems(person);
    assert.deepEqual(told.map(([key]) => key).sort(), ['gum_none_cam', 'gum_none_mic']);
    await callsWithoutDevices(person, room);
    await person.behaved();
  } finally {
    await browser.close();
  }
});

test('chromium, camera denied and microphone allowed: sound alone, and no word about the microphone', async () => {
  const browser = await chromium({ deny: true });
  try {
    const context = await browser.createBrowserContext();
    await context.overridePermissions(duet.url, ['microphone']);
    const person = Object.assign(new Person(), { origin: duet.url, context, page: await context.newPage() });
    await person.goto(`/r/${freshRoom('half')}`);
    assert.deepEqual((await problems(person)).map(([key]) => key), ['gum_denied']);
    await person.page.waitForSelector('[data-testid=green-mic][aria-pressed=false]');
    assert.equal(await person.text('enter'), 'Join');
  } finally {
    await browser.close();
  }
});

test('every failure of getUserMedia has its own sentence, in both languages', async () => {
  const person = await Person.arrive(open.chromium, duet.url);
  const failures = {
    NotReadableError: 'gum_busy', AbortError: 'gum_busy', OverconstrainedError: 'gum_constraint',
    SecurityError: 'gum_policy', TypeError: 'gum_unknown', NotAllowedError: 'gum_denied',
  };
  try {
    const sentences = new Set();
    for (const language of ['en', 'zh']) {
      for (const [name, key] of Object.entries(failures)) {
        await person.page.goto('about:blank');
        const { identifier } = await person.page.evaluateOnNewDocument((error) => {
          navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', error));
        }, name);
        await person.goto(`/r/${freshRoom('fail')}`);
        await person.press(`lang-${language}`);
        await person.page.waitForFunction((lang) => document.documentElement.lang.startsWith(lang), {}, language);
        const told = await problems(person);
        assert.deepEqual(told.map(([one]) => one), [key], name);
        sentences.add(told[0][1]);
        await person.page.removeScriptToEvaluateOnNewDocument(identifier);
      }
    }
    assert.equal(sentences.size, 2 * new Set(Object.values(failures)).size);
    await person.behaved();
  } finally {
    await person.leave();
  }
});

test('a page without HTTPS leads to the secure address, and offers chat', async () => {
  const browser = await chromium({ args: ['--host-resolver-rules=MAP duet.test 127.0.0.1'] });
  try {
    const person = await Person.arrive(browser, `http://duet.test:${duet.port}`);
    await person.goto('/r/gate');
    const link = await person.see('open-secure');
    assert.equal(await link.evaluate((one) => one.href), `https://duet.test:${duet.port}/r/gate`);
    await person.press('chat-only');
    assert.deepEqual((await problems(person)).map(([key]) => key), ['insecure']);
    await person.press('enter');
    await person.reaches('waiting');
  } finally {
    await browser.close();
  }
});

test('a link that names no room leads home, with a sentence in both languages', async () => {
  const person = await Person.arrive(open.chromium, duet.url);
  try {
    for (const [path, ...sentences] of [
      ['/r/%E4%BD', /link is damaged/, /链接已损坏/], [`/r/${'x'.repeat(257)}`, /256 bytes/, /256 字节/], ['/r/', /Give the room a name/, /起个名字/],
    ]) {
      await person.goto(path);
      for (const [index, language] of ['en', 'zh'].entries()) {
        await person.press(`lang-${language}`);
        await person.page.waitForFunction(
          (source) => new RegExp(source).test(document.querySelector('#room-problem').textContent), {}, sentences[index].source,
        );
      }
    }
    for (const path of ['/loop/', '/ca/']) {
      await person.goto(path);
      await person.page.waitForSelector(path === '/loop/' ? '#startButton' : '[data-testid=ca-download], [data-testid=ca-own]');
    }
    await person.behaved();
  } finally {
    await person.leave();
  }
});

test('a room name that is too long is refused in words before the server is asked', async () => {
  const person = await Person.arrive(open.chromium, duet.url);
  try {
    await person.goto('/');
    await person.see('room');
    await person.page.$eval('#room', (input) => {
      input.value = '房'.repeat(86);
      input.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await person.press('join');
    await person.page.waitForFunction(() => document.querySelector('#room-problem').textContent.includes('256 bytes'));
    assert.equal(new URL(person.page.url()).pathname, '/');
    await person.behaved();
  } finally {
    await person.leave();
  }
});
