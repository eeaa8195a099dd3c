// SPDX-License-Identifier: MIT
// Slow readers on another host: all that is known of them is what their kernels tell, in steps.
// Started by ../nat/enter.mjs, in a namespace where networks may be made.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { connectSlowly, Raw } from './raw.mjs';
import { Server, until } from './server.mjs';

const kServer = '10.55.0.1';
const kCount = 200; // messages of 50 KB: more than the kernels' buffers hold
const kReadAtOnce = 2048; // bytes

const ip = (line) => execFileSync('ip', line.split(' '), { stdio: ['ignore', 'ignore', 'inherit'] });
/** The receive buffer of connections made from now on: bytes at first, and at most. */
const setBuffer = (first, most) => writeFileSync('/proc/sys/net/ipv4/tcp_rmem', `4096 ${first} ${most}`);

/** Milliseconds until the sender hears that the other one was cut. */
async function isAlone({ sender }, start, ms) {
  await until(() => sender.messages.some((text) => text.startsWith('42["leave"')), 'the end of who takes nothing', ms);
  return performance.now() - start;
}

const sockets = [];
let server;
before(async () => {
  ip('netns add far');
  ip(`link add near type veth peer name far netns far`);
  ip(`-n far addr add ${kServer}/24 dev far`);
  ip('-n far link set far up');
  ip('-n far link set lo up');
  ip('addr add 10.55.0.2/24 dev near');
  ip('link set near up');
  server = await Server.start(['--limits', 'off'], { host: kServer, place: ['ip', 'netns', 'exec', 'far'] });
});
after(async () => {
  for (const socket of sockets) socket.drop();
  await server?.stop();
});

async function pair(room, [first, most], { isCutOff = false } = {}) {
  setBuffer(131_072, 6_291_456);
  const sender = await Raw.enter(server);
  sender.send(`42["create or join","${room}"]`);
  await sender.until((text) => text.startsWith('42["created"'));
  setBuffer(first, most);
  const receiver = await connectSlowly(server, kReadAtOnce);
  receiver.send('40');
  receiver.send(`42["create or join","${room}"]`);
  await sender.until((text) => text.startsWith('42["join"'));
  receiver.pause();
  if (isCutOff) execFileSync('iptables', ['-A', 'INPUT', '-p', 'tcp', '--dport', `${receiver.port()}`, '-j', 'DROP']);
  for (let i = 0; i < kCount; ++i) sender.send(`42["message",${i},"${'z'.repeat(50_000)}"]`);
  sockets.push(sender, receiver);
  return { room, sender, receiver };
}

it('whose host answers nothing is cut after 5 s', { timeout: 60_000 }, async () => {
  const start = performance.now();
  const took = await isAlone(await pair('gone', [131_072, 6_291_456], { isCutOff: true }), start, 40_000);
  assert.ok(took > 4500 && took < 15_000, `cut after ${took} ms`);
});

it('who reads 2 KB/s is not cut, while who reads nothing is', { timeout: 180_000 }, async () => {
  const start = performance.now();
  const deaf = await pair('deaf', [131_072, 6_291_456]);
  const slow = [
    { ...(await pair('with little room', [8_192, 8_192])), every: 1000 },
    { ...(await pair('with ordinary room', [131_072, 6_291_456])), every: 1000 },
    { ...(await pair('with much room', [2_097_152, 6_291_456])), every: 400 },
  ];
  const readers = new AbortController();
  const reading = slow.map(async ({ receiver, every }) => {
    for (let next = performance.now(); !readers.signal.aborted; next += every) {
      receiver.readOnce();
      await sleep(next + every - performance.now());
    }
  });
  try {
    const took = await isAlone(deaf, start, 120_000);
    await sleep(95_000 - took); // longer than who is deaf may last
    for (const { room, receiver, every } of slow) {
      assert.equal(receiver.ended, false, `cut: who reads slowly, ${room}`);
      assert.ok(receiver.read < (100_000 / every) * kReadAtOnce, `${receiver.read} bytes read ${room}`);
    }
    assert.ok(took > 75_000 && took < 95_000, `cut after ${took} ms`);
  } finally {
    readers.abort();
    await Promise.all(reading);
  }
  for (const { room, sender, receiver } of slow) {
    receiver.resume();
    await until(() => receiver.text.includes(`42["message",${kCount - 1},`), `the last message ${room}`, 30_000);
    assert.equal(receiver.text.split('42["message",').length - 1, kCount, room);
    assert.equal(await sender.end(50), 'open');
  }
});
