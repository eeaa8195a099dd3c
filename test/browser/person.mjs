// SPDX-License-Identifier: MIT
// Somebody in front of the page: goes to a room, presses buttons, sees what there is to see.

import assert from 'node:assert/strict';
import { Watch } from './browsers.mjs';
import { keepPeers, tellPeers } from './path.mjs';

export const kPatience = 30_000; // ms; two busy cores encode, decode and draw for both ends
const selector = (id) => `[data-testid="${id}"]`;

export class Person {
  /** A tab with storage of its own, as another person's browser has. */
  static async arrive(browser, origin, { viewport = { width: 1280, height: 800 } } = {}) {
    const person = new Person();
    person.context = await browser.createBrowserContext();
    person.origin = origin;
    // Chromium asks per origin; Firefox has its answer in its preferences.
    await person.context.overridePermissions?.(origin, ['camera', 'microphone']).catch(() => undefined);
    person.page = await person.context.newPage();
    await person.page.setViewport(viewport);
    await person.page.evaluateOnNewDocument(keepPeers);
    person.watch = new Watch(person.page, origin);
    return person;
  }

  async goto(path) {
    await this.page.goto(this.origin + path, { waitUntil: 'domcontentloaded' });
  }

  /** From the link to a seat. */
  async enter(room) {
    await this.goto(`/r/${encodeURIComponent(room)}`);
    await this.see('enter');
    await this.devicesSettled();
    await this.press('enter');
  }

  /** The preview runs, or a sentence says why not. */
  async devicesSettled() {
    await this.page.waitForFunction(
      () => document.querySelector('[data-testid=preview]')?.videoWidth > 0 ||
        document.querySelector('[data-testid=media-problems] [data-key]'),
      { timeout: kPatience, polling: 100 },
    );
  }

  see(id, timeout = kPatience) {
    return this.page.waitForSelector(selector(id), { timeout });
  }

  async press(id) {
    await this.see(id);
    // The element's own click: another tab may be in front, and a bar may have faded out.
    await this.page.$eval(selector(id), (element) => element.click());
  }

  text(id) {
    return this.page.$eval(selector(id), (element) => element.textContent.trim());
  }

  async key(key) {
    await this.page.bringToFront();
    await this.page.keyboard.press(key);
  }

  /** Waits for a phase of the call, as the screens tell it. */
  async reaches(phase, timeout = kPatience) {
    try {
      await this.page.waitForFunction(
        (wanted) => wanted.includes(document.querySelector('[data-phase]')?.dataset.phase),
        { timeout, polling: 100 },
        [phase].flat(),
      );
    } catch {
      assert.fail(`not ${phase} within ${timeout} ms, but: ${await this.page.evaluate(() => document.body.innerText)}`);
    }
  }

  /** Pictures shown so far; Firefox counts those of a live stream as painted only. */
  frames(id = 'remote-video') {
    return this.page.$eval(
      selector(id),
      (video) => video.mozPaintedFrames ?? video.getVideoPlaybackQuality().totalVideoFrames,
    );
  }

  /** Waits until `more` further pictures were shown. @returns how many there are */
  async sees(more = 10, id = 'remote-video', timeout = kPatience) {
    await this.see(id);
    // Firefox paints nothing in a tab behind another one.
    if (await this.page.evaluate(() => 'mozPaintedFrames' in HTMLVideoElement.prototype)) await this.page.bringToFront();
    const waited = this.page.waitForFunction(
      (query, count, tag) => {
        const video = document.querySelector(query);
        if (!video) return false;
        const shown = video.mozPaintedFrames ?? video.getVideoPlaybackQuality().totalVideoFrames;
        const marks = (window.duetTestMarks ??= {});
        if (marks[tag] === undefined || shown < marks[tag]) marks[tag] = shown;
        return shown >= marks[tag] + count;
      },
      { timeout, polling: 100 },
      selector(id),
      more,
      `${Date.now()}-${Math.random()}`,
    );
    await waited.catch(async () => assert.fail(`not ${more} more pictures within ${timeout} ms: ${await this.page.evaluate(tellPeers)}`));
    return this.frames(id);
  }

  async say(text) {
    if (!(await this.page.$(selector('chat')))) await this.press('chat-toggle');
    const input = await this.see('chat-input');
    await this.page.waitForSelector(`${selector('chat-send')}:not(:disabled)`, { timeout: kPatience });
    await input.focus();
    await this.page.bringToFront();
    await input.type(text);
    await this.press('chat-send');
  }

  async hears(text) {
    if (!(await this.page.$(selector('chat')))) await this.press('chat-toggle');
    await this.page.waitForFunction(
      (query, wanted) => [...document.querySelectorAll(query)].some((one) => one.textContent.includes(wanted)),
      { timeout: kPatience, polling: 100 },
      selector('message'),
      text,
    );
  }

  /** No other host, no cookie, no error: true of every page in every test. */
  async behaved() {
    assert.deepEqual(this.watch.outside, [], 'requests to other hosts');
    assert.deepEqual(this.watch.errors, [], 'errors on the page');
    assert.equal(await this.page.evaluate(() => document.cookie), '', 'cookies');
  }

  async leave() {
    await this.context.close().catch(() => undefined);
  }
}

/** Runs a story with people from the given browsers in one room, and shows them out. */
export async function withPeople(browsers, origin, story) {
  const people = [];
  try {
    for (const browser of browsers) people.push(await Person.arrive(browser, origin));
    await story(...people);
    for (const person of people) await person.behaved();
  } finally {
    for (const person of people) await person.leave();
  }
}

/** Two people in a call, with pictures on both sides. */
export async function connect(first, second, room) {
  await first.enter(room);
  await first.reaches('waiting');
  await second.enter(room);
  await Promise.all([first.reaches('live'), second.reaches('live')]);
  await bothSee(first, second, 5);
}

/** One after the other, since of two tabs only one is in front. */
export async function bothSee(first, second, more) {
  return [await first.sees(more), await second.sees(more)];
}
