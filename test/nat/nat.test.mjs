// SPDX-License-Identifier: MIT
// Calls between two homes, behind every pair of routers, with one open port at the server.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { Server, kPort, kServers, makeNetworks, outsideOf, routers, setRouter, sides } from './lab.mjs';
import { personIn } from './people.mjs';

const kPictures = 20; // each side sees so many of the other
const kinds = Object.keys(routers).filter((kind) => kind !== 'full');  // that one peers.test.mjs has

let server;
const homes = { left: {}, right: {} };
const allHomes = () => Object.values(homes).flatMap((home) => Object.values(home));

before(async () => {
  makeNetworks();
  server = await Server.start();
  homes.left.chromium = personIn('left', 'chromium');
  homes.right.chromium = personIn('right', 'chromium');
  homes.right.firefox = personIn('right', 'firefox');
});
after(async () => {
  await Promise.all(allHomes().map((person) => person.close().catch(() => undefined)));
  server?.stop();
});

let rooms = 0;

/** A call of two who have just come, with pictures on both sides. */
async function call(left, right) {
  const room = `nat-${(rooms += 1)}`;
  await Promise.all([left.arrive(), right.arrive()]);
  await left.enter(room);
  await left.reaches('waiting');
  await right.enter(room);
  await Promise.all([left, right].map((person) => person.reaches('live', 40_000)));
  await Promise.all([left, right].map((person) => person.sees(kPictures)));
}

/** Without a relay only two cones find each other; what goes direct was never at the relay. */
const isDirect = (left, right) => left === 'cone' && right === 'cone';

describe('the routers are what they are called', () => {
  for (const side of sides) {
    for (const kind of kinds) {
      it(`${side}, ${kind}`, async () => {
        setRouter(side, kind);
        const [one, other] = await homes[side].chromium.mapping(kServers, kPort);
        if (kind === 'blocked') return assert.deepEqual([one, other], ['nothing', 'nothing']);
        for (const seen of [one, other]) assert.ok(seen.startsWith(`${outsideOf(side)}:`), seen);
        assert.equal(one === other, kind === 'cone', `${one}, ${other}`);
      });
    }
  }
});

function story(left, right, browser) {
  it(`chromium behind ${left}, ${browser} behind ${right}`, { timeout: 180_000 }, async () => {
    setRouter('left', left);
    setRouter('right', right);
    const people = [homes.left.chromium, homes.right[browser]];
    await call(...people);
    const direct = isDirect(left, right);
    for (const [index, kind] of [left, right].entries()) {
      const { local, over } = await people[index].types();
      if (direct) assert.match(local, /^(srflx|prflx|host)$/);
      else assert.equal(local, 'relay', 'no other port of the server is open');
      if (!direct) assert.equal(over, kind === 'blocked' ? 'tcp' : 'udp');
    }

    for (const person of people) await person.forceRelay();
    for (const person of people) await person.goesBy('relay');
    const before = server.metric('duet_turn_relayed_packets_total');
    await Promise.all(people.map((person) => person.sees(kPictures)));
    for (const person of people) assert.equal((await person.types()).local, 'relay');
    assert.ok(server.metric('duet_turn_relayed_packets_total') > before + kPictures, 'the server has carried them');
    for (const person of people) await person.behaved();
  });
}

// A company's network in the middle of a call: the direct path dies, and whoever notices seeks another.
describe('the path of a call dies', () => {
  for (const [browser, side] of [['chromium', 'left'], ['firefox', 'left'], ['firefox', 'right']]) {
    it(`chromium on the left, ${browser} on the right: UDP ends on the ${side}`, { timeout: 180_000 }, async () => {
      for (const one of sides) setRouter(one, 'cone');
      const people = [homes.left.chromium, homes.right[browser]];
      await call(...people);
      for (const person of people) assert.notEqual((await person.types()).local, 'relay');
      setRouter(side, 'blocked');
      await Promise.all(people.map((person) => person.goesBy('relay', 45_000)));
      await Promise.all(people.map((person) => person.sees(kPictures)));
      // Back where it was, a path that works is left alone.
      setRouter(side, 'cone');
      await Promise.all(people.map((person) => person.sees(kPictures)));
      for (const person of people) await person.behaved();
    });
  }
});

// Every pair of routers; which browser is on the right alternates, or is each in its turn.
const pairs = kinds.flatMap((left, index) => kinds.slice(index).map((right) => [left, right]));
describe('calls', () => {
  if (process.env.DUET_NAT_ALL) {
    for (const [left, right] of pairs) story(left, right, 'chromium');
    for (const left of kinds) for (const right of kinds) story(left, right, 'firefox');
  } else {
    pairs.forEach(([left, right], index) => story(left, right, ['chromium', 'firefox'][index % 2]));
  }
});
