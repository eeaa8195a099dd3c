// SPDX-License-Identifier: MIT
// Calls between real browsers: pictures in every pairing, chat, screen, controls, a third comer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import jsQR from 'jsqr';
import { freshRoom } from './duet.mjs';
import { Person, bothSee, connect, withPeople } from './person.mjs';
import { stage } from './stage.mjs';

const { duet, open } = stage({
  chromium: { args: ['--auto-select-desktop-capture-source=Duet', '--auto-select-tab-capture-source-by-title=Duet', '--use-fake-ui-for-media-stream'] },
  firefox: {},
});

for (const [one, other] of [['chromium', 'chromium'], ['chromium', 'firefox'], ['firefox', 'chromium'], ['firefox', 'firefox']]) {
  test(`${one} calls, ${other} joins: both see at least 20 pictures of each other`, async () => {
    await withPeople([open[one], open[other]], duet.url, async (first, second) => {
      await connect(first, second, freshRoom('pair'));
      const shown = await bothSee(first, second, 20);
      assert.ok(Math.min(...shown) >= 20, `frames ${shown}`);
    });
  });
}

test('a third comer is told that the room is full, and the call goes on', async () => {
  const room = freshRoom('full');
  await withPeople([open.chromium, open.chromium, open.firefox], duet.url, async (first, second, third) => {
    await connect(first, second, room);
    await third.enter(room);
    await third.reaches('full');
    assert.equal(await third.text('ending-why'), 'This room already has two people.');
    await bothSee(first, second, 5);
    // Once a seat is free, the same person gets in.
    await second.press('hang-up');
    await second.reaches('ended');
    await first.reaches('ended');
    await third.press('rejoin');
    await third.reaches('waiting');
  });
});

test('what one writes in the chat the other reads, and no markup comes alive', async () => {
  await withPeople([open.chromium, open.firefox], duet.url, async (first, second) => {
    await connect(first, second, freshRoom('chat'));
    await first.say('hello 你好 <b>bold</b>');
    await second.hears('hello 你好 <b>bold</b>');
    await second.say('mfvs?');
    await first.hears('mfvs?');
    // Letters typed into the chat are no shortcuts.
    assert.equal(await second.page.$('[data-testid=help]'), null);
  });
});

test('a shared screen reaches the other one and ends again', async () => {
  await withPeople([open.chromium, open.chromium], duet.url, async (first, second) => {
    await connect(first, second, freshRoom('screen'));
    await first.page.bringToFront();
    await first.page.click('[data-testid=share]');
    await first.page.waitForSelector('[data-testid=share][aria-pressed=true]', { timeout: 10_000 });
    await second.page.waitForSelector('video.fit[data-testid=remote-video]', { timeout: 10_000 });
    await second.sees(2);
    await first.page.waitForFunction(() => /You are sharing/.test(document.querySelector('.sharing').textContent));
    await first.page.$eval('.sharing button', (button) => button.click());
    await second.page.waitForSelector('video:not(.fit)[data-testid=remote-video]', { timeout: 10_000 });
    await second.sees(5);
  });
});

test('mute, camera, shortcuts, help and the own tile do what they say', async () => {
  await withPeople([open.chromium, open.chromium], duet.url, async (first, second) => {
    await connect(first, second, freshRoom('keys'));
    await first.page.bringToFront();
    await first.page.keyboard.press('m');
    await first.page.waitForSelector('[data-testid=mic][aria-pressed=true]');
    await second.page.waitForFunction(() => document.body.textContent.includes('The other person is muted.'));
    await first.page.keyboard.press('v');
    await first.page.waitForSelector('[data-testid=camera][aria-pressed=false]');
    await second.page.waitForSelector('video.off[data-testid=remote-video]');
    await first.page.keyboard.press('v');
    await first.page.waitForSelector('[data-testid=camera][aria-pressed=true]');
    await second.page.waitForSelector('video:not(.off)[data-testid=remote-video]');
    await second.sees(5);
    await first.page.keyboard.press('?');
    await first.see('help');
    await first.page.keyboard.press('Escape');
    await first.page.waitForSelector('[data-testid=help]', { hidden: true });
    await first.page.focus('[data-testid=own-tile]');
    await first.page.waitForSelector('[data-testid=own-tile]:focus');
    await first.page.keyboard.press('ArrowUp');
    await first.page.waitForSelector('[data-testid=own-tile][data-corner=tr]:focus');
  });
});

test('full screen, picture in picture and dragging the own tile', async () => {
  await withPeople([open.chromium, open.firefox], duet.url, async (first, second) => {
    await connect(first, second, freshRoom('windows'));
    for (const { page } of [first, second]) {
      await page.bringToFront();
      await page.keyboard.press('f');
      await page.waitForFunction(() => document.fullscreenElement?.dataset.testid === 'call');
      await page.keyboard.press('f');
      await page.waitForFunction(() => document.fullscreenElement === null);
      const tile = await page.waitForSelector('[data-testid=own-tile][data-corner=br]');
      const { x, y, width, height } = await tile.boundingBox();
      await page.mouse.move(x + width / 2, y + height / 2);
      await page.mouse.down();
      await page.mouse.move(200, 200, { steps: 4 });
      await page.mouse.up();
      await page.waitForSelector('[data-testid=own-tile][data-corner=tl]');
    }
    await first.page.bringToFront();
    await first.page.keyboard.press('p'); // Firefox has a button of its own on every video
    await first.page.waitForFunction(() => document.pictureInPictureElement?.dataset.testid === 'remote-video');
    await first.sees(5);
    await first.page.keyboard.press('p');
    await first.page.waitForFunction(() => document.pictureInPictureElement === null);
  });
});

test('the panel of the call shows its path, with exact priorities and charts', async () => {
  await withPeople([open.chromium, open.firefox], duet.url, async (...people) => {
    await connect(...people, freshRoom('panel'));
    for (const person of people) {
      await person.page.bringToFront();
      await person.page.keyboard.press('i');
      await person.see('timeline');
      await person.page.waitForFunction(
        () => [...document.querySelectorAll('.step')].every((step) => step.dataset.state === 'done'),
        { timeout: 20_000, polling: 200 },
      );
      await person.page.click('[data-step=pairs] > button');
      await person.page.waitForSelector('[data-step=pairs] td.number');
      const priorities = await person.page.$$eval('[data-step=pairs] td.number', (cells) => cells.map((cell) => cell.textContent));
      const exact = priorities.map(BigInt);
      assert.ok(exact.length > 0);
      assert.deepEqual(exact, [...exact].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0)), 'sorted, highest first');
      assert.ok(exact[0] > 2n ** 53n, 'beyond what a Number holds exactly');
      await person.page.click('[data-step=health] > button');
      await person.page.waitForSelector('[data-testid=charts] canvas', { timeout: 10_000 });
      assert.equal(await person.page.$$eval('[data-testid=charts] canvas', (all) => all.length), 5);
    }
  });
});

test('hanging up ends the call for both with its duration, and both can rejoin', async () => {
  await withPeople([open.chromium, open.firefox], duet.url, async (first, second) => {
    await connect(first, second, freshRoom('again'));
    await first.press('hang-up');
    await Promise.all([first.reaches('ended'), second.reaches('ended')]);
    assert.equal(await second.text('ending-why'), 'The other person hung up.');
    assert.match(await second.text('duration'), /You talked for 00:\d\d\./);
    await second.press('rejoin');
    await second.reaches('waiting');
    await first.press('rejoin');
    await Promise.all([first.reaches('live'), second.reaches('live')]);
    await bothSee(first, second, 5);
  });
});

/** What a phone's camera reads from the code on the page. */
async function readQr(page) {
  await page.waitForSelector('.qr path[d^=M]');
  const { size, path } = await page.$eval('.qr', (svg) => ({ size: svg.viewBox.baseVal.width, path: svg.querySelector('path').getAttribute('d') }));
  const kScale = 4; // pixels a module
  const pixels = new Uint8ClampedArray((size * kScale) ** 2 * 4).fill(255);
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    for (let row = y * kScale; row < (Number(y) + 1) * kScale; row += 1) {
      pixels.fill(0, (row * size + Number(x)) * kScale * 4, (row * size + Number(x) + 1) * kScale * 4);
    }
  }
  for (let index = 3; index < pixels.length; index += 4) pixels[index] = 255;
  return jsQR(pixels, size * kScale, size * kScale)?.data;
}

test('from the home page to the call, by keyboard alone', async () => {
  const person = await Person.arrive(open.chromium, duet.url);
  try {
    await person.goto('/');
    await person.page.bringToFront();
    const room = await person.page.waitForSelector('#room');
    const suggestion = await room.evaluate((input) => input.value);
    assert.match(suggestion, /^[a-z]+-[a-z]+-\d{4}-[a-z]$/);
    await room.focus();
    await person.page.keyboard.press('Enter');
    await person.see('enter');
    assert.equal(new URL(person.page.url()).pathname, `/r/${suggestion}`);
    await person.devicesSettled();
    await person.page.focus('[data-testid=enter]');
    await person.page.keyboard.press('Enter');
    await person.reaches('waiting');
    const link = `${duet.url}/r/${suggestion}`;
    assert.equal(await person.page.$eval('[data-testid=link]', (input) => input.value), link);
    assert.equal(await readQr(person.page), link);
    await person.behaved();
  } finally {
    await person.leave();
  }
});

test('opened as localhost, the link for the other one names the machine on its network', async () => {
  const urls = ['https://192.0.2.7:2022', 'https://198.51.100.7:2022'];
  const person = await Person.arrive(open.chromium, `http://localhost:${duet.port}`);
  try {
    await person.page.setRequestInterception(true);
    person.page.on('request', (request) => {
      if (new URL(request.url()).pathname !== '/ca/info') return void request.continue();
      void request.respond({ contentType: 'application/json', body: JSON.stringify({ name: '', fingerprint: '', urls }) });
    });
    const room = freshRoom('link');
    await person.enter(room);
    await person.reaches('waiting');
    const link = await person.see('link');
    assert.equal(await link.evaluate((one) => one.value), `${urls[0]}/r/${room}`);
    await person.page.select('[data-testid=origin]', urls[1]);
    await person.page.waitForFunction((wanted) => document.querySelector('[data-testid=link]').value === wanted, {}, `${urls[1]}/r/${room}`);
    await person.behaved();
  } finally {
    await person.leave();
  }
});
