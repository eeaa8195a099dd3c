// SPDX-License-Identifier: MIT
// What takes its time by the clock, side by side: the server is patient, and not for ever.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from './clients.mjs';
import { connectSlowly, Raw, statuses, talk } from './raw.mjs';
import { Server, until } from './server.mjs';

let server;
before(async () => {
  server = await Server.start(['--limits', 'off']);
});
after(() => server.stop());

describe('patience', { concurrency: true }, () => {
  it('who reads 50 KB/s all the time is not taken for one who reads nothing', { timeout: 80_000 }, async () => {
    const [sender, receiver] = [await Raw.enter(server), await Raw.enter(server)];
    for (const raw of [sender, receiver]) {
      raw.send('42["create or join","steady"]');
      await raw.until((text) => /^42\["(created|joined)"/.test(text));
    }
    const socket = receiver.ws._socket;
    socket.pause();
    let read = 0;
    const onPart = (part) => {
      read += part.length;
      socket.pause();
    };
    socket.on('data', onPart);
    const count = 200; // 10 MB: more than the kernel's buffers hold
    for (let i = 0; i < count; ++i) sender.send(`42["message",${i},"${'z'.repeat(50_000)}"]`);
    for (const start = performance.now(); performance.now() - start < 20_000; await sleep(50)) {
      if (read < ((performance.now() - start) / 1000) * 50_000) socket.resume();
    }
    assert.ok(read < 1_300_000, `${read} bytes in 20 s`);
    assert.equal(await receiver.end(50), 'open');
    socket.off('data', onPart);
    socket.resume();
    const relayed = () => receiver.messages.filter((text) => text.startsWith('42["message"')).length;
    await until(() => relayed() === count, 'everything', 30_000);
    assert.equal(await sender.end(50), 'open');
    sender.drop();
    receiver.drop();
  });

  // Over loopback the kernels hold megabytes and tell of what was read in steps of half a minute.
  it('who reads 2 KB/s is not cut, while who reads nothing is, after 5 s', { timeout: 80_000 }, async () => {
    const pairs = [];
    for (const room of ['trickle', 'deaf']) {
      const sender = await Raw.enter(server);
      sender.send(`42["create or join","${room}"]`);
      await sender.until((text) => text.startsWith('42["created"'));
      const receiver = await connectSlowly(server, 2048);
      receiver.send('40');
      receiver.send(`42["create or join","${room}"]`);
      await sender.until((text) => text.startsWith('42["join"'));
      receiver.pause();
      pairs.push({ sender, receiver });
    }
    const [trickle, deaf] = pairs;
    const count = 200; // 10 MB
    for (const { sender } of pairs) {
      for (let i = 0; i < count; ++i) sender.send(`42["message",${i},"${'z'.repeat(50_000)}"]`);
    }
    const start = performance.now();
    const readBefore = trickle.receiver.read;
    await Promise.all([
      deaf.sender.until((text) => text.startsWith('42["leave"'), 20_000).then(() => {
        const took = performance.now() - start;
        assert.ok(took > 4500 && took < 12_000, `cut after ${took} ms`);
      }),
      (async () => {
        for (let second = 1; second <= 25; ++second) {
          await sleep(start + second * 1000 - performance.now());
          trickle.receiver.readOnce();
        }
      })(),
    ]);
    const read = trickle.receiver.read - readBefore;
    assert.ok(read >= 40_000 && read <= 60_000, `${read} bytes in 25 s`);
    assert.equal(trickle.receiver.ended, false);
    trickle.receiver.resume();
    await until(() => trickle.receiver.text.includes(`42["message",${count - 1},`), 'the last message', 30_000);
    assert.equal(trickle.receiver.text.split('42["message",').length - 1, count);
    for (const { sender, receiver } of pairs) {
      assert.equal(await sender.end(50), 'open');
      sender.drop();
      receiver.drop();
    }
  });

  it('a seat is held for 60 s after its connection is lost, and then it is free', { timeout: 90_000 }, async () => {
    const connect = () => Client.connect(server, { version: 4 });
    const [alice, bob, stranger] = [await connect(), await connect(), await connect()];
    await alice.ask('create or join', 'held');
    await bob.ask('create or join', 'held');
    const start = performance.now();
    bob.cut();
    await sleep(58_000);
    assert.equal((await stranger.ask('create or join', 'held')).code, 'full');
    assert.ok(!alice.names().includes('leave'));
    await alice.take('leave', 10_000);
    const took = performance.now() - start;
    assert.ok(took > 59_500 && took < 62_000, `${took} ms`);
    assert.equal((await stranger.ask('create or join', 'held')).role, 'joined');
    alice.close();
    stranger.close();
  });

  it('a connection that was kept for a next request ends after 60 s, and breaks no rule by that', { timeout: 90_000 }, async () => {
    const refused = () => server.metric('duet_connections_refused_total');
    const before = await refused();
    const start = performance.now();
    const { text, how } = await talk(server.port, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n', { ms: 70_000 });
    const took = performance.now() - start;
    assert.deepEqual(statuses(text), [200]);
    assert.notEqual(how, 'open');
    assert.ok(took > 59_500 && took < 63_000, `${took} ms`);
    assert.equal(await refused(), before);
  });
});
