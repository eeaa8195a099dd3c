// SPDX-License-Identifier: MIT
// The pages that teach: /loop with its timeline, and the short clients at /seed/ and /seed/v2/.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshRoom } from './duet.mjs';
import { Person } from './person.mjs';
import { stage } from './stage.mjs';

const { duet, open } = stage({ chromium: {}, firefox: {} });

for (const name of ['chromium', 'firefox']) {
  test(`${name}: the lesson goes through all its steps, again and again`, async () => {
    const person = await Person.arrive(open[name], duet.url);
    const { page } = person;
    try {
      await person.goto('/loop');
      await page.waitForSelector('#startButton');
      for (let round = 0; round < 2; round += 1) {
        await page.$eval('#startButton', (button) => button.click());
        await page.waitForSelector('#callButton:not(:disabled)');
        await page.waitForFunction(() => document.querySelector('#localVideo').videoWidth > 0);
        await page.$eval('#callButton', (button) => button.click());
        await person.sees(10, 'loop-remote');
        await page.waitForFunction(
          () => [...document.querySelectorAll('.step')].every((step) => step.dataset.state === 'done'),
          { timeout: 15_000, polling: 200 },
        );
        const times = await page.$$eval('.step-time', (all) => all.map((one) => Number(/(\d+) ms/.exec(one.textContent)?.[1])));
        assert.ok(times.every((time) => Number.isInteger(time) && time >= 0), `times ${times}`);
        const [checks, selected, dtls, frame] = times.slice(5);
        assert.ok(checks <= selected && selected <= dtls && dtls <= frame, `times ${times}`);
        await page.$eval('#hangupButton', (button) => button.click());
        await page.waitForSelector('[data-testid=loop-state][data-state=ended]');
      }
      await person.behaved();
    } finally {
      await person.leave();
    }
  });
}

test('a recording that was exported is replayed by the same panel', async () => {
  const person = await Person.arrive(open.chromium, duet.url);
  const { page } = person;
  try {
    await person.goto('/loop');
    await person.see('replay-file');
    const events = [
      { at: 0, ev: 'media.local', kind: 'video' },
      { at: 30, ev: 'candidate.local', candidate: 'candidate:1 1 udp 2122260223 192.0.2.1 5000 typ host' },
      { at: 40, ev: 'candidate.remote', candidate: 'candidate:2 1 udp 2122260223 192.0.2.2 5001 typ host' },
    ];
    await page.evaluate((recording) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([JSON.stringify(recording)], 'call.json', { type: 'application/json' }));
      const input = document.querySelector('[data-testid=replay-file]');
      input.files = transfer.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    }, { v: 1, events });
    await page.waitForSelector('[data-step=pairs][data-state=done]');
    await page.click('[data-step=pairs] > button');
    const priority = await page.waitForSelector('[data-step=pairs] td.number');
    // 2^32 * 2122260223 + 2 * 2122260223, which a Number would round.
    assert.equal(await priority.evaluate((cell) => cell.textContent), '9115038255631187454');
    // The lesson's own events are shown again after the replay.
    await page.click('[data-testid=replay]');
    await page.waitForSelector('[data-step=pairs][data-state=ahead]');
    await page.click('#startButton');
    await page.waitForSelector('[data-step=media][data-state=done]');
    await person.behaved();
  } finally {
    await person.leave();
  }
});

for (const path of ['/seed/', '/seed/v2/']) {
  test(`the teaching client at ${path} creates, joins and is turned away`, async () => {
    const room = freshRoom('seed');
    const people = [];
    const log = (page) => page.$eval('#log', (element) => element.textContent);
    try {
      const turns = [
        [room, `Created room ${room}`], [room, `Joined room ${room}`], [room, `Room ${room} is full`],
        ['x'.repeat(257), 'Refused: bad-room'],
      ];
      for (const [name, expected] of turns) {
        const person = await Person.arrive(open.chromium, duet.url);
        people.push(person);
        person.page.on('dialog', (dialog) => void dialog.accept(name));
        await person.goto(path);
        await person.page.waitForFunction(
          (wanted) => document.querySelector('#log')?.textContent.includes(wanted), { timeout: 10_000 }, expected,
        );
      }
      const [first, second] = people;
      await first.page.waitForFunction(() => document.querySelector('#log').textContent.includes('Another one joins'));
      assert.match(await log(second.page), />>> Message from server:/);
      if (path === '/seed/') {
        assert.match(await log(second.page), new RegExp(`emit\\(\\): client \\S+ joined room ${room}`));
        assert.match(await log(first.page), new RegExp(`broadcast\\(\\): client \\S+ joined room ${room}`));
      }
      for (const person of people) await person.behaved();
    } finally {
      for (const person of people) await person.leave();
    }
  });
}
