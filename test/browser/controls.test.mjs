// SPDX-License-Identifier: MIT
// The call's controls in people's hands: touch, the menu and the focus, a long chat, devices while waiting.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshRoom } from './duet.mjs';
import { Person, connect, withPeople } from './person.mjs';
import { stage } from './stage.mjs';

const { duet, open } = stage({ chromium: {}, firefox: {} });

test('a tap where the bar has faded out brings it back, and presses no button', async () => {
  const first = await Person.arrive(open.chromium, duet.url, { viewport: { width: 390, height: 844, hasTouch: true } });
  const second = await Person.arrive(open.firefox, duet.url);
  const { page } = first;
  try {
    await connect(first, second, freshRoom('tap'));
    await page.bringToFront();
    const button = await page.$eval('[data-testid=hang-up]', (one) => {
      const { x, y, width, height } = one.getBoundingClientRect();
      return [x + width / 2, y + height / 2];
    });
    await page.waitForSelector('.call.idle', { timeout: 10_000 });
    await new Promise((resolve) => setTimeout(resolve, 400)); // until it has faded and sunk
    // It stays for some seconds, which a busy machine may not look at.
    await page.$eval('.call', (call) => {
      globalThis.back = new Promise((resolve) => {
        new MutationObserver(() => call.classList.contains('idle') || resolve()).observe(call, { attributeFilter: ['class'] });
      });
    });
    await page.touchscreen.touchStart(...button);
    await page.evaluate(() => globalThis.back);
    await new Promise((resolve) => setTimeout(resolve, 100)); // a finger takes its time
    await page.touchscreen.touchEnd();
    await new Promise((resolve) => setTimeout(resolve, 400));
    await first.reaches('live', 1_000);
    await page.touchscreen.tap(...button);
    await first.reaches('ended');
  } finally {
    await first.leave();
    await second.leave();
  }
});

test('on a phone held upright at least three fifths of a wide picture are seen', async () => {
  const first = await Person.arrive(open.chromium, duet.url, { viewport: { width: 390, height: 844 } });
  const second = await Person.arrive(open.chromium, duet.url);
  try {
    await connect(first, second, freshRoom('upright'));
    const look = () => first.page.$eval('[data-testid=remote-video]', (video) => {
      const { width, height } = video.getBoundingClientRect();
      return { width, height, shown: width / height / (video.videoWidth / video.videoHeight) };
    });
    const upright = await look();
    assert.equal(upright.width, 390);
    assert.ok(upright.shown > 0.59 && upright.shown < 1, JSON.stringify(upright));
    await first.page.setViewport({ width: 844, height: 390 });
    await first.page.waitForFunction(() => document.querySelector('[data-testid=remote-video]').getBoundingClientRect().height === 390);
    assert.equal((await look()).width, 844, 'it fills a stage of about its own shape');
  } finally {
    await first.leave();
    await second.leave();
  }
});

test('the menu closes at a press elsewhere, and the focus comes back from what it opened', async () => {
  await withPeople([open.chromium, open.firefox], duet.url, async (first, second) => {
    await connect(first, second, freshRoom('menu'));
    for (const { page } of [first, second]) {
      await page.bringToFront();
      await page.click('[data-testid=more]');
      await page.waitForSelector('[data-testid=menu]');
      await page.mouse.click(400, 300);
      await page.waitForSelector('[data-testid=menu]', { hidden: true });
      await page.focus('[data-testid=more]');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[data-testid=menu]');
      await page.focus('[data-testid=help-toggle]');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[data-testid=help] button:focus');
      await page.keyboard.press('Escape');
      await page.waitForSelector('[data-testid=more]:focus');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[data-testid=menu]');
      await page.keyboard.press('Escape');
      await page.waitForSelector('[data-testid=menu]', { hidden: true });
      await page.waitForSelector('[data-testid=more]:focus');
    }
  });
});

test('the chat keeps what is half written, makes addresses links, and follows 600 messages', async () => {
  await withPeople([open.chromium, open.chromium], duet.url, async (first, second) => {
    await connect(first, second, freshRoom('long'));
    await first.say('see https://duet.example/r/a?b=c, <b>or</b> javascript:alert(1)');
    await second.hears('see https://duet.example/r/a?b=c');
    const links = await second.page.$$eval('[data-testid=message] a', (all) => all.map((one) => [one.href, one.target, one.rel]));
    assert.deepEqual(links, [['https://duet.example/r/a?b=c', '_blank', 'noopener noreferrer']]);

    await first.page.bringToFront();
    await first.page.keyboard.press('Escape');
    await first.page.waitForSelector('[data-testid=chat]', { hidden: true });
    await first.page.keyboard.press('c');
    await first.page.waitForSelector('[data-testid=chat-input]:focus'); // what is typed at once is no shortcut
    await first.page.keyboard.type('half a mv');
    assert.equal(await first.page.$eval('[data-testid=mic]', (button) => button.ariaPressed), 'false');
    await first.page.keyboard.press('Escape');
    await first.page.waitForSelector('[data-testid=chat]', { hidden: true });
    await first.page.keyboard.press('c');
    assert.equal(await (await first.see('chat-input')).evaluate((input) => input.value), 'half a mv');

    await first.page.evaluate(async () => {
      const input = document.querySelector('[data-testid=chat-input]');
      for (let count = 1; count <= 600; count += 1) {
        input.value = `message ${count}`;
        input.dispatchEvent(new Event('input', { bubbles: true }));
        input.form.requestSubmit();
        await new Promise((resolve) => setTimeout(resolve));
      }
    });
    await second.page.bringToFront();
    await second.hears('message 600');
    const atEnd = () => second.page.waitForFunction(() => {
      const list = document.querySelector('.messages');
      return list.scrollHeight - list.scrollTop - list.clientHeight < 2;
    });
    await atEnd();
    // Who reads further up stays there.
    await second.page.$eval('.messages', (list) => list.scrollTo(0, 100));
    await first.say('one more');
    await second.hears('one more');
    assert.ok(await second.page.$eval('.messages', (list) => list.scrollHeight - list.scrollTop - list.clientHeight > 500));
  });
});

test('who switches microphone and camera off while waiting is neither heard nor seen in the call', async () => {
  await withPeople([open.chromium, open.firefox], duet.url, async (first, second) => {
    const room = freshRoom('off');
    await first.enter(room);
    await first.reaches('waiting');
    await first.press('waiting-mic');
    await first.page.waitForSelector('[data-testid=waiting-mic][aria-pressed=true]');
    await first.press('waiting-camera-toggle');
    await first.page.waitForSelector('[data-testid=waiting-preview]', { hidden: true });
    await second.enter(room);
    await second.reaches('live');
    await second.page.waitForFunction(() => document.body.textContent.includes('The other person is muted.'));
    await second.page.waitForSelector('video.off[data-testid=remote-video]');
  });
});

test('who waits in another tab hears that somebody is here', async () => {
  await withPeople([open.chromium, open.chromium], duet.url, async (first, second) => {
    await first.page.evaluateOnNewDocument(() => {
      window.duetTestNotes = 0;
      const make = AudioContext.prototype.createOscillator;
      AudioContext.prototype.createOscillator = function createOscillator() {
        window.duetTestNotes += 1;
        return make.call(this);
      };
    });
    const room = freshRoom('heard');
    await first.enter(room);
    await first.reaches('waiting');
    const notes = () => first.page.evaluate(() => window.duetTestNotes);
    assert.equal(await notes(), 0);
    await (await first.context.newPage()).bringToFront();
    await first.page.waitForFunction(() => document.hidden, { polling: 100 });
    await second.enter(room);
    await Promise.all([first.reaches('live'), second.reaches('live')]);
    assert.equal(await notes(), 3);
    assert.match(await first.page.title(), /someone is here/);
  });
});

test('a camera that is unplugged in the call has its sentence, which can be put away', async () => {
  await withPeople([open.chromium, open.chromium], duet.url, async (first, second) => {
    await connect(first, second, freshRoom('unplugged'));
    assert.equal(await first.page.$('[data-testid=call] [data-testid=media-problems]'), null);
    await first.page.$eval('[data-testid=local-video]', (video) => video.srcObject.getVideoTracks()[0].dispatchEvent(new Event('ended')));
    await first.page.waitForSelector('[data-testid=call] [data-key=track_ended]');
    await second.page.waitForSelector('video.off[data-testid=remote-video]');
    await first.page.$eval('.closable .plain', (button) => button.click());
    await first.page.waitForSelector('[data-testid=media-problems]', { hidden: true });
    await first.press('camera');
    await first.see('local-video');
    await second.sees(5);
  });
});
