// SPDX-License-Identifier: MIT
// Every screen, in both languages, small and large: no finding of axe-core, nothing wider than the
// window, and a picture of it in build/screenshots to look at.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium, firefox } from './browsers.mjs';
import { freshRoom } from './duet.mjs';
import { Person, connect } from './person.mjs';
import { stage } from './stage.mjs';

const kPictures = fileURLToPath(new URL('../../build/screenshots/', import.meta.url));
const kAxe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const kSmall = { width: 320, height: 640 };
const kLarge = { width: 1280, height: 800 };
const kPhone = { width: 360, height: 640 };

mkdirSync(kPictures, { recursive: true });
const { duet, open } = stage({ chromium: {}, firefox: {} });

/** Shows one screen at both sizes and in both languages, and looks at it closely. */
async function inspect(page, name, { languages = ['en', 'zh'], sizes = [kLarge, kSmall] } = {}) {
  await page.bringToFront();
  for (const language of languages) {
    if (languages.length > 1) {
      await page.evaluate((code) => localStorage.setItem('duet.lang', code), language);
      const button = await page.$(`[data-testid=lang-${language}]`);
      await button?.evaluate((one) => one.click());
      await page.waitForFunction((code) => document.documentElement.lang.startsWith(code), {}, language);
    }
    for (const size of sizes) {
      await page.setViewport(size);
      // Wakes a bar that has faded out, and lets transitions end.
      await page.mouse.move(3, 3 + (size.width % 7));
      await new Promise((resolve) => setTimeout(resolve, 350));
      await page.screenshot({ path: `${kPictures}${name}-${language}-${size.width}.png` });
      // By the debugger's channel, which the page's strict policy does not concern.
      if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(kAxe);
      const { wide, findings } = await page.evaluate(async () => {
        const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
        const root = document.documentElement;
        return {
          wide: root.scrollWidth - root.clientWidth,
          findings: violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`),
        };
      });
      assert.deepEqual(findings, [], `axe on ${name}, ${language}, ${size.width}`);
      assert.ok(wide <= 0, `${name} is ${wide} px wider than ${size.width}, ${language}`);
    }
  }
  await page.setViewport(kLarge);
}

async function alone(story, options) {
  const person = await Person.arrive(open.chromium, duet.url, options);
  try {
    await story(person);
    await person.behaved();
  } finally {
    await person.leave();
  }
}

test('home', () =>
  alone(async (person) => {
    await person.goto('/');
    await person.see('room');
    await inspect(person.page, 'home');
    await inspect(person.page, 'home-4k', { languages: ['en'], sizes: [{ width: 3840, height: 2160 }] });
  }));

test('green room, waiting, and their languages', () =>
  alone(async (person) => {
    await person.goto(`/r/${freshRoom('screens')}`);
    await person.devicesSettled();
    await inspect(person.page, 'green');
    await person.press('enter');
    await person.reaches('waiting');
    await person.page.waitForSelector('.qr path[d^=M]');
    await inspect(person.page, 'waiting');
  }));

test('in the call: controls, drawers, trouble, ended', async () => {
  const room = freshRoom('screens');
  const first = await Person.arrive(open.chromium, duet.url);
  const second = await Person.arrive(open.chromium, duet.url);
  const { page } = first;
  try {
    await connect(first, second, room);
    await page.bringToFront();
    await inspect(page, 'call', { languages: ['en'] });
    await inspect(page, 'call-4k', { languages: ['en'], sizes: [{ width: 3840, height: 2160 }] });
    await first.press('more');
    await inspect(page, 'menu', { languages: ['en'] });
    await first.press('settings-toggle');
    await inspect(page, 'settings');
    await page.keyboard.press('Escape');
    await first.say('你好! Can you read this?');
    await second.say('Yes, every word. 看得见。');
    await page.bringToFront();
    await inspect(page, 'chat', { languages: ['zh'] });
    await page.keyboard.press('Escape');
    for (const [drawer, open] of [['help', 'help-toggle'], ['explain', 'explain-toggle']]) {
      await first.press('more');
      await first.press(open);
      await first.see(drawer);
      await inspect(page, drawer, { languages: ['zh'] });
    }
    for (const step of ['signaling', 'media', 'sdp', 'gather', 'pairs', 'checks', 'selected', 'dtls', 'frame', 'health']) {
      await page.$eval(`[data-step=${step}] > button`, (button) => button.click());
    }
    await page.waitForSelector('[data-testid=charts] canvas');
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await inspect(page, 'explain-open', { languages: ['zh'] });
    await page.$eval('.drawer', (drawer) => drawer.scrollTo(0, drawer.scrollHeight));
    await inspect(page, 'explain-charts', { languages: ['zh'] });
    await first.press('quality');
    await inspect(page, 'quality', { languages: ['zh'] });
    await page.keyboard.press('Escape');
    await second.page.goto('about:blank');
    await first.reaches('reconnecting');
    await inspect(page, 'trouble', { languages: ['zh'] });
    await second.goto(`/r/${room}`);
    await first.reaches('live');
    await first.press('hang-up');
    await first.reaches('ended');
    await inspect(page, 'ended');
    await first.behaved();
  } finally {
    await first.leave();
    await second.leave();
  }
});

test('full, denied and no secure page', async () => {
  const room = freshRoom('screens');
  const people = [];
  try {
    for (let seat = 0; seat < 3; seat += 1) {
      const person = await Person.arrive(open.chromium, duet.url);
      people.push(person);
      await person.enter(room);
      await person.reaches(['waiting', 'live', 'full']);
    }
    await inspect(people[2].page, 'full');
  } finally {
    for (const person of people) await person.leave();
  }
  const strict = await chromium({ deny: true, args: ['--host-resolver-rules=MAP duet.test 127.0.0.1'] });
  try {
    const page = await strict.newPage();
    await page.goto(`${duet.url}/r/${freshRoom('screens')}`);
    await page.waitForSelector('[data-key=gum_denied]');
    await inspect(page, 'denied');
    await page.goto(`http://duet.test:${duet.port}/r/gate`);
    await page.waitForSelector('.qr path[d^=M]');
    await inspect(page, 'gate');
  } finally {
    await strict.close();
  }
});

test('the lesson, the certificate and the teaching client', () =>
  alone(async (person) => {
    const { page } = person;
    await person.goto('/loop');
    await page.waitForSelector('#startButton');
    await page.$eval('#startButton', (button) => button.click());
    await page.waitForSelector('#callButton:not(:disabled)');
    await page.$eval('#callButton', (button) => button.click());
    await person.sees(5, 'loop-remote');
    await page.waitForSelector('[data-step=health][data-state=done]');
    await inspect(page, 'loop');
    await page.$eval('#hangupButton', (button) => button.click());
    await person.goto('/ca');
    await page.waitForSelector('.fingerprint');
    await inspect(page, 'ca');
    page.on('dialog', (dialog) => void dialog.accept(freshRoom('seed')));
    await person.goto('/seed/');
    await page.waitForFunction(() => document.querySelector('#log')?.textContent.includes('Created'));
    await inspect(page, 'seed', { languages: ['en'] });
  }));

for (const name of ['chromium', 'firefox']) {
  test(`on a phone ${name} shows at first sight that another tab is in the room, and Join`, async () => {
    const room = freshRoom('tabs');
    const person = await Person.arrive(open[name], duet.url);
    try {
      await person.enter(room);
      await person.reaches('waiting');
      person.page = await person.context.newPage();
      await person.page.setViewport(kPhone);
      await person.goto(`/r/${room}`);
      await person.see('own-tab');
      await person.devicesSettled();
      await person.page.screenshot({ path: `${kPictures}own-tab-${name}.png` });
      const places = await person.page.evaluate(() =>
        ['[data-testid=own-tab]', '.stage-bar', '[data-testid=enter]'].map((one) => {
          const { top, bottom } = document.querySelector(one).getBoundingClientRect();
          return [top, bottom];
        }).flat());
      assert.deepEqual(places, [...places].sort((a, b) => a - b), 'one below the other');
      assert.ok(places[0] >= 0 && places.at(-1) <= kPhone.height, `${places}`);
    } finally {
      await person.leave();
    }
  });

  test(`${name} has nothing to warn of on any page`, async () => {
    const page = await open[name].newPage();
    try {
      const said = [];
      page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
      page.on('pageerror', ({ message }) => said.push(message));
      page.on('dialog', (dialog) => void dialog.dismiss());
      for (const path of ['/', `/r/${freshRoom('quiet')}`, '/loop', '/ca', '/seed/']) {
        await page.goto(duet.url + path);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      assert.deepEqual(said, []);
    } finally {
      await page.close();
    }
  });
}

test('the browser’s language is the first one, the person’s choice the lasting one', async () => {
  for (const [launch, name] of [[chromium, 'chromium'], [firefox, 'firefox']]) {
    const chinese = await launch({ language: 'zh-CN' });
    try {
      const page = await chinese.newPage();
      await page.goto(duet.url);
      await page.waitForFunction(() => document.body.textContent.includes('房间名'), { timeout: 10_000 });
      assert.equal(await page.$eval('html', (root) => root.lang), 'zh-CN', name);
      await page.$eval('[data-testid=lang-en]', (button) => button.click());
      await page.waitForFunction(() => document.body.textContent.includes('Room name'));
      await page.reload();
      await page.waitForFunction(() => document.body.textContent.includes('Room name'));
      assert.equal(await page.$eval('html', (root) => root.lang), 'en', name);
    } finally {
      await chinese.close();
    }
  }
});
