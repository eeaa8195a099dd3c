// SPDX-License-Identifier: MIT
// What a call survives: a reload, the server's death, a signaling path that is blocked, another tab.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshRoom } from './duet.mjs';
import { round } from './path.mjs';
import { bothSee, connect, withPeople } from './person.mjs';
import { stage } from './stage.mjs';

const { duet, open } = stage({ chromium: {}, firefox: {} });

const kBeganAnew = /00:0[0-3]/;
async function talkedAWhile({ page }) {
  await page.bringToFront();
  await page.waitForFunction(() => /0[1-9]:|00:(0[4-9]|[1-5]\d)/.test(document.querySelector('[data-testid=quality]').textContent));
}

for (const [one, other] of [['chromium', 'firefox'], ['firefox', 'chromium']]) {
  test(`${one} reloads and is back in its own seat and in the call with ${other}`, async () => {
    const room = freshRoom('reload');
    await withPeople([open[one], open[other], open.chromium], duet.url, async (first, second, stranger) => {
      await connect(first, second, room);
      await talkedAWhile(first);
      await first.page.reload({ waitUntil: 'domcontentloaded' });
      await first.reaches('live');
      assert.doesNotMatch(await first.text('quality'), kBeganAnew);
      await bothSee(first, second, 10);
      await second.say('still there?');
      await first.hears('still there?');
      // The one who stayed reloads as well: the roles change, the call goes on.
      await second.page.reload({ waitUntil: 'domcontentloaded' });
      await second.reaches('live');
      await bothSee(first, second, 10);
      await stranger.enter(room);
      await stranger.reaches('full');
    });
  });
}

test('the server dies and comes back in a call: pictures never stop, chat and rejoin work', async () => {
  const room = freshRoom('restart');
  await withPeople([open.chromium, open.firefox, open.chromium], duet.url, async (first, second, stranger) => {
    await connect(first, second, room);
    const rounds = await Promise.all([first, second].map(round));
    await duet.kill();
    for (const person of [first, second]) {
      await person.page.waitForSelector('[data-testid=banner] [data-key=sig_down]', { timeout: 30_000 });
    }
    await bothSee(first, second, 20);
    await first.key('i'); // what explains the call is there without the server, too
    await first.see('timeline');
    await first.key('Escape');
    await first.say('no server');
    await second.hears('no server');
    await duet.run();
    for (const person of [first, second]) {
      await person.page.waitForSelector('[data-testid=banner] [data-key]', { hidden: true, timeout: 20_000 });
      await person.reaches('live');
    }
    await bothSee(first, second, 20);
    assert.deepEqual(await Promise.all([first, second].map(round)), rounds, 'a path that works is left alone');
    await stranger.enter(room);
    await stranger.reaches('full');
    // Signaling is whole again: another path is found through it.
    await first.page.bringToFront();
    await first.page.keyboard.press('Escape');
    await first.page.keyboard.press('i');
    await first.press('seek-path');
    await bothSee(first, second, 20);
    await second.press('hang-up');
    await Promise.all([first.reaches('ended'), second.reaches('ended')]);
  });
});

test('a draining server is announced, and the call goes on with its successor', async () => {
  await withPeople([open.chromium, open.firefox], duet.url, async (first, second) => {
    await connect(first, second, freshRoom('drain'));
    const gone = new Promise((resolve) => duet.process.once('exit', resolve));
    duet.process.kill('SIGTERM');
    await first.page.waitForSelector('[data-testid=banner] [data-key=draining]', { timeout: 10_000 });
    assert.equal(await gone, 0, 'the server leaves in good order');
    await duet.run();
    for (const person of [first, second]) {
      await person.page.waitForSelector('[data-testid=banner] [data-key]', { hidden: true, timeout: 20_000 });
    }
    await bothSee(first, second, 10);
  });
});

test('polling alone carries a call where WebSocket is blocked', async () => {
  await withPeople([open.chromium, open.chromium], duet.url, async (first, second) => {
    for (const { page } of [first, second]) {
      await page.evaluateOnNewDocument(() => {
        window.WebSocket = class {
          constructor() {
            setTimeout(() => this.onerror?.(new Event('error')), 0);
          }
          close() {}
          send() {}
        };
      });
    }
    await connect(first, second, freshRoom('polling'));
    await first.say('by polling');
    await second.hears('by polling');
    await first.page.reload({ waitUntil: 'domcontentloaded' });
    await first.reaches('live');
    await bothSee(first, second, 10);
  });
});

test('another tab of the same browser takes the call over, and gives it back', async () => {
  const room = freshRoom('tabs');
  await withPeople([open.chromium, open.firefox], duet.url, async (first, second) => {
    await connect(first, second, room);
    await talkedAWhile(first);
    const tab = await first.context.newPage();
    await tab.goto(`${duet.url}/r/${room}`);
    await tab.waitForSelector('[data-testid=move-here]');
    await tab.$eval('[data-testid=move-here]', (button) => button.click());
    await first.reaches('moved');
    await tab.waitForSelector('[data-testid=call][data-phase=live]', { timeout: 20_000 });
    assert.doesNotMatch(await tab.$eval('[data-testid=quality]', (chip) => chip.textContent), kBeganAnew);
    await second.sees(10);
    await first.page.bringToFront();
    await first.press('rejoin');
    await first.reaches('live');
    assert.doesNotMatch(await first.text('quality'), kBeganAnew);
    await tab.waitForSelector('[data-phase=moved]');
    await bothSee(first, second, 10);
  });
});

test('a path that falls silent is sought anew, with a countdown, and both see each other again', async () => {
  await withPeople([open.chromium, open.firefox], duet.url, async (first, second) => {
    await connect(first, second, freshRoom('path'));
    // The other browser stands still, with all its processes: nothing it should send arrives.
    const group = -open.firefox.process().pid;
    process.kill(group, 'SIGSTOP');
    try {
      await first.reaches('reconnecting', 30_000);
      assert.match(await first.text('trouble'), /Trying again… \d+ s/);
      await new Promise((resolve) => setTimeout(resolve, 4_000)); // until a restart was tried
    } finally {
      process.kill(group, 'SIGCONT');
    }
    await Promise.all([first.reaches('live', 30_000), second.reaches('live', 30_000)]);
    await bothSee(first, second, 10);
  });
});

for (const [one, other] of [['chromium', 'firefox'], ['firefox', 'chromium']]) {
  test(`${one} says at once that ${other} has closed its page, soon waits in the room, and is met there`, async () => {
    const room = freshRoom('closed');
    await withPeople([open[one], open[other]], duet.url, async (first, second) => {
      await connect(first, second, room);
      await second.page.goto('about:blank');
      await first.reaches('reconnecting', 9_000); // which lasts 10 s; how soon, the units of the page say
      assert.match(await first.text('trouble'), /^The other person closed the page, or is loading it again… \d+ s$/);
      await first.reaches('waiting');
      assert.match(await first.text('waiting'), /The other person left/);
      await second.goto(`/r/${room}`); // in its own seat
      await Promise.all([first.reaches('live'), second.reaches('live')]);
      await bothSee(first, second, 10);
    });
  });
}

test('a tab that is killed is missed as soon as its pictures are', async () => {
  await withPeople([open.firefox, open.chromium], duet.url, async (first, second) => {
    await connect(first, second, freshRoom('killed'));
    second.page.goto('chrome://crash').catch(() => undefined);
    await first.reaches('reconnecting', 30_000);
    await first.page.waitForFunction(() => /closed the page/.test(document.querySelector('[data-testid=trouble]').textContent), { timeout: 9_000 });
    await first.reaches('waiting');
    second.page = await second.context.newPage();
    await second.goto('/');
  });
});
