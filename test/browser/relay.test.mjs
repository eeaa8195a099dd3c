// SPDX-License-Identifier: MIT
// Calls through the server's own relay: every pairing, a server that is restarted, credentials that end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Duet, freshRoom } from './duet.mjs';
import { forceRelay, goesBy, types } from './path.mjs';
import { bothSee, connect, withPeople } from './person.mjs';
import { stage } from './stage.mjs';
import { until } from '../clients/server.mjs';

const { duet, open } = stage({ chromium: {}, firefox: {} });

/** How often the page has offered or answered so far. */
const descriptions = (person) => person.page.evaluate(() => Number(/^o=\S+ \S+ (\d+)/m.exec(window.duetTestPeers.at(-1).localDescription.sdp)[1]));

/** Two people in a call that both have forced through the relay. */
async function connectRelayed(first, second, room) {
  await connect(first, second, room);
  for (const person of [first, second]) await forceRelay(person);
  for (const person of [first, second]) await goesBy(person, 'relay');
}

for (const [one, other] of [['chromium', 'chromium'], ['chromium', 'firefox'], ['firefox', 'chromium'], ['firefox', 'firefox']]) {
  test(`${one} and ${other} force the relay in a call: pictures go on both ways, relay to relay`, async () => {
    await withPeople([open[one], open[other]], duet.url, async (...people) => {
      await connectRelayed(...people, freshRoom('relay'));
      await bothSee(...people, 20);
      for (const person of people) assert.equal((await types(person)).local, 'relay');
      const made = await Promise.all(people.map(descriptions));
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      assert.deepEqual(await Promise.all(people.map(descriptions)), made, 'nobody offers without a reason');
    });
  });
}

test('one side alone forces the relay, and lets go of it again', async () => {
  await withPeople([open.chromium, open.firefox], duet.url, async (first, second) => {
      await connect(first, second, freshRoom('one'));
    await goesBy(first, 'host');
    await forceRelay(first);
    for (const person of [first, second]) await goesBy(person, 'relay');
    await bothSee(first, second, 10);
    await first.page.reload({ waitUntil: 'domcontentloaded' });
    await first.reaches('live');
    for (const person of [first, second]) await goesBy(person, 'relay'); // the choice outlives a reload
    await bothSee(first, second, 10);
    await first.page.bringToFront();
    await first.page.keyboard.press('i');
    await first.page.waitForSelector('[data-testid=force-relay][aria-checked=true]');
    await first.press('force-relay');
    await goesBy(first, 'host');
    await bothSee(first, second, 10);
  });
});

for (const [one, other] of [['chromium', 'firefox'], ['chromium', 'chromium']]) {
  test(`the server dies under a relayed call of ${one} and ${other}, and both come back through the new one`, async () => {
    await withPeople([open[one], open[other]], duet.url, async (...people) => {
      await connectRelayed(...people, freshRoom('again'));
      await bothSee(...people, 10);
      await duet.kill();
      await Promise.all(people.map((person) => person.reaches('reconnecting', 30_000)));
      await duet.run();
      await Promise.all(people.map((person) => person.reaches('live', 40_000)));
      await bothSee(...people, 20);
      for (const person of people) assert.equal((await types(person)).local, 'relay');
    });
  });
}

test('the log, as it is without flags, says nothing of who called whom, from where, and what they said', async () => {
  const own = await new Duet('--limits', 'on').open();
  const room = freshRoom('Zimmer für zwei');
  try {
    let secrets = [];
    await withPeople([open.chromium, open.firefox], own.url, async (first, second) => {
      await connectRelayed(first, second, room);
      await first.say('nobody but us reads this');
      await second.hears('nobody but us reads this');
      const told = (person) =>
        person.page.evaluate(() => {
          const peer = window.duetTestPeers.at(-1);
          const servers = peer.getConfiguration().iceServers;
          return [
            ...[peer.localDescription.sdp, peer.remoteDescription.sdp].flatMap((sdp) =>
              sdp.split('\r\n').filter((line) => /^a=(ice-ufrag|ice-pwd|fingerprint|msid|candidate|ssrc):|^o=|^s=./.test(line)),
            ),
            ...servers.flatMap((server) => [server.username, server.credential]),
            ...Object.values(sessionStorage),
          ];
        });
      secrets = [...(await told(first)), ...(await told(second))].filter(Boolean).map((text) => text.replace(/^a=[a-z-]+:/, ''));
    });
    await until(() => own.said.includes('allocation ended'), 'the end of the allocations');
    const lines = own.said.split('\n').filter((line) => line.startsWith('t='));
    const log = lines.map((line) => line.replace(/^t=\S+/, '')).join('\n');
    assert.match(log, /room joined.*room="?#[0-9a-f]{8}/, 'the room by its hash');
    assert.ok(secrets.length > 20);
    for (const secret of [...secrets, room, 'Zimmer', encodeURIComponent(room), 'nobody but us', 'candidate', 'a=']) {
      assert.ok(!log.includes(secret), `${secret} in\n${log}`);
    }
    assert.doesNotMatch(log, /\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f]*:[0-9a-f]|\.local\b/i);
  } finally {
    await own.stop();
  }
});

test('where the server has no relay nothing can be forced, and the call is direct', async () => {
  const without = await new Duet('--turn', 'off').open();
  try {
    await withPeople([open.chromium, open.firefox], without.url, async (first, second) => {
      await connect(first, second, freshRoom('none'));
      await first.page.bringToFront();
      await first.page.keyboard.press('i');
      await first.page.waitForSelector('[data-testid=force-relay]:disabled');
    });
  } finally {
    await without.stop();
  }
});

// Two minutes of one call, so it has a command of its own: npm run test:slow.
test('credentials of 10 s under a relayed call of two minutes: it never stands still', { skip: !process.env.DUET_SLOW_TESTS }, async () => {
  const brief = await new Duet('--turn-ttl', '10s').open();
  try {
    await withPeople([open.chromium, open.firefox], brief.url, async (...people) => {
      await connectRelayed(...people, freshRoom('brief'));
      const end = Date.now() + 120_000;
      while (Date.now() < end) {
        await bothSee(...people, 20);
        await new Promise((resolve) => setTimeout(resolve, 2_000));
      }
      // A new path is sought with credentials that are long not the first ones any more.
      await people[0].page.bringToFront();
      await people[0].press('seek-path');
      await bothSee(...people, 20);
      for (const person of people) {
        assert.equal((await types(person)).local, 'relay');
        const user = await person.page.evaluate(() => window.duetTestPeers.at(-1).getConfiguration().iceServers.find((one) => one.username).username);
        assert.ok(Number.parseInt(user, 10) > Date.now() / 1_000 - 60, `${user} is a credential of just now`);
      }
    });
  } finally {
    await brief.stop();
  }
});
