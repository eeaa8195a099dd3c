// SPDX-License-Identifier: MIT
// Receivers that are slow or do not read at all, and what they cost the others.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Raw } from './raw.mjs';
import { Server, until } from './server.mjs';

let server;
before(async () => {
  server = await Server.start(['--limits', 'off']);
});
after(() => server.stop());

async function pair(room) {
  const [sender, receiver] = [await Raw.enter(server), await Raw.enter(server)];
  sender.send(`42["create or join","${room}"]`);
  await sender.until((text) => text.startsWith('42["created"'));
  receiver.send(`42["create or join","${room}"]`);
  await receiver.until((text) => text.startsWith('42["joined"'));
  await sender.until((text) => text.startsWith('42["join"'));
  return [sender, receiver];
}

const body = 'z'.repeat(50_000);
const numbered = (i) => `42["message",${i},"${body}"]`;
const relayed = (raw) => raw.messages.filter((text) => text.startsWith('42["message"')).length;

it('a client that never reads costs 2 MB at most, is cut after 5 s, and its sender stays', { timeout: 40_000 }, async () => {
  const [warm, other] = await pair('warm');
  for (let i = 0; i < 40; ++i) warm.send(numbered(i));
  await until(() => relayed(other) === 40, 'the warm-up');
  warm.drop();
  other.drop();
  await sleep(200);

  const [sender, receiver] = await pair('deaf');
  const before = server.rss();
  receiver.ws._socket.pause();
  const start = performance.now();
  for (let i = 0; i < 400; ++i) sender.send(numbered(i));
  let most = before;
  await until(
    async () => {
      most = Math.max(most, server.rss());
      return sender.messages.some((text) => text.startsWith('42["leave"'));
    },
    'the end of who does not read',
    20_000,
  );
  const took = performance.now() - start;
  assert.ok(took > 4500 && took < 12_000, `cut after ${took} ms`);
  assert.ok(most - before <= 2_000_000, `cost ${most - before} bytes`);
  await until(() => sender.messages.filter((text) => text.startsWith('42["log",[">>> Message from server: ","Got')).length === 400, 'every echo', 10_000);
  assert.equal(await sender.end(50), 'open');
  receiver.ws._socket.resume();
  assert.notEqual(await receiver.end(5000), 'open');
  sender.drop();
});

it('a slow reader gets everything, in order', { timeout: 60_000 }, async () => {
  const [sender, receiver] = await pair('slow');
  const socket = receiver.ws._socket;
  const before = server.rss();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, server.rss());
    socket.resume();
    setTimeout(() => socket.pause(), 1);
  }, 40);
  socket.pause();
  const count = 400; // 20 MB, more than the kernel's buffers hold
  for (let i = 0; i < count; ++i) sender.send(numbered(i));
  await until(() => relayed(receiver) === count, 'everything', 50_000);
  clearInterval(timer);
  const numbers = receiver.messages.filter((text) => text.startsWith('42["message"')).map((text) => Number(text.slice(13, text.indexOf(',', 13))));
  assert.deepEqual(numbers, [...Array(count).keys()]);
  assert.ok(most - before <= 2_000_000, `cost ${most - before} bytes`);
  assert.equal(await sender.end(50), 'open');
  sender.drop();
  receiver.drop();
});

it('a flood in one room does not delay another', { timeout: 30_000 }, async () => {
  const [noisy, deaf] = await pair('noisy');
  const [calm, friend] = await pair('calm');
  deaf.ws._socket.pause();
  for (let i = 0; i < 200; ++i) noisy.send(numbered(i));
  const times = [];
  for (let i = 0; i < 50; ++i) {
    const start = performance.now();
    calm.send(`42["message","calm ${i}"]`);
    await friend.until((text) => text === `42["message","calm ${i}"]`);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  assert.ok(times[25] < 50, `median ${times[25]} ms`);
  for (const raw of [noisy, deaf, calm, friend]) raw.drop();
});
