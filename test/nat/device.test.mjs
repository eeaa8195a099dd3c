// SPDX-License-Identifier: MIT
// `duet call --answer --keep` in a home whose addresses change: the machine's own, and the one its provider gives.
import assert from 'node:assert/strict';
import { after, afterEach, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { callerIn } from './callers.mjs';
import { Server, kPort, kServers, makeNetworks, moveInside, moveOutside, setRouter } from './lab.mjs';

const kFlags = ['--video', 'pattern', '--audio', 'tone', '--size', '320x180', '--fps', '15', '--stats', '200ms'];
const Device = callerIn('left');
const Caller = callerIn('right');

let server;
let rooms = 0;
let device;
let caller;
let link;

before(async () => {
  makeNetworks();
  server = await Server.start();
});
after(() => server?.stop());
afterEach(() => [device, caller].forEach((end) => end?.process.kill('SIGKILL')));

async function install(router) {
  for (const side of ['left', 'right']) setRouter(side, router);
  link = `http://${kServers[0]}:${kPort}/r/porch-${(rooms += 1)}`;
  device = new Device(link, ...kFlags, '--answer', '--keep');
  await device.event('signal.received', ({ event }) => event === 'created');
}

/** Waits until both see each other again, and asserts that it was the same call. */
async function bothSee(within) {
  const ends = [device, caller];
  const since = ends.map(({ events }) => events.length);
  const isSeen = (end, index) => end.events.slice(since[index]).filter(({ ev, in: seen }) => ev === 'stats' && seen.fps >= 10).length >= 5;
  const deadline = Date.now() + within;
  await sleep(1_000); // what was under way
  ends.forEach(({ events }, index) => (since[index] = events.length));
  while (!ends.every(isSeen)) {
    assert.ok(Date.now() < deadline, `no pictures within ${within} ms:\n${device.said}\n${caller.said}`);
    await sleep(50);
  }
  for (const { events } of ends) assert.ok(!events.some(({ ev }) => ev === 'ended'));
}

let host = 70;
let subnet = 8;
const changes = {
  // Known at once, and told as soon as another way leads to the server.
  'of its own': { within: 4_000, change: () => moveInside('left', (host += 1)) },
  // Nothing tells: silence must.
  'that its provider gives': {
    within: 12_000,
    change: () => moveOutside('left', { outside: `203.0.113.${(subnet += 4) + 2}`, provider: `203.0.113.${subnet + 1}` }),
  },
};

for (const [which, { within, change }] of Object.entries(changes)) {
  for (const router of ['cone', 'symmetric']) {
    it(`behind ${router} outlives a change of the address ${which}, in a call and before the next one`, { timeout: 90_000 }, async () => {
      await install(router);
      caller = new Caller(link, ...kFlags);
      for (const end of [device, caller]) await end.event('frame.first');
      await sleep(300);
      change();
      await bothSee(within);
      assert.equal(await caller.hangUp(), 0, caller.said);
      await device.event('ended');
      change();
      await sleep(within / 2);
      caller = new Caller(link, ...kFlags, '--wait', '10s', '--duration', '1s', '--expect', 'connected<3s,video_fps>=5');
      assert.equal(await caller.ended, 0, caller.said);
      assert.equal(await device.hangUp(), 0, device.said);
    });
  }
}
