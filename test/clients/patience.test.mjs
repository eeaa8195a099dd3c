// SPDX-License-Identifier: MIT
// What takes its time by the clock, side by side: the server is patient, and not for ever.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from './clients.mjs';
import { Raw } from './raw.mjs';
import { Server, until } from './server.mjs';

let server;
before(async () => {
  server = await Server.start(['--limits', 'off']);
});
after(() => server.stop());

describe('patience', { concurrency: true }, () => {
  it('who reads 50 KB/s all the time is not taken for one who reads nothing', { timeout: 60_000 }, async () => {
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
    socket.off('data', onPart);
    socket.resume();
    const relayed = () => receiver.messages.filter((text) => text.startsWith('42["message"')).length;
    await until(() => relayed() === count, 'everything', 20_000);
    assert.equal(await sender.end(50), 'open');
    sender.drop();
    receiver.drop();
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

  it('a client that asks for 100,000 rooms holds one, and costs nobody anything', { timeout: 90_000 }, async () => {
    const own = await Server.start(['--limits', 'off']);
    const [alice, bob] = [await Client.connect(own, { version: 4 }), await Client.connect(own, { version: 2 })];
    await alice.ask('create or join', 'bystanders');
    await bob.ask('create or join', 'bystanders');
    const raw = await Raw.enter(own);
    const visit = async (from, to) => {
      raw.messages.length = 0;
      for (let i = from; i < to; ++i) raw.send(`42["create or join","many ${i}"]`);
      await raw.until((text) => text === `42["created","many ${to - 1}"]`, 20_000);
    };
    await visit(0, 10_000); // what it costs once
    const before = own.rss();
    const times = [];
    for (let i = 10_000; i < 100_000; i += 10_000) {
      const visiting = visit(i, i + 10_000);
      const start = performance.now();
      alice.emit('message', i);
      assert.deepEqual(await bob.take('message'), ['message', i]);
      times.push(performance.now() - start);
      await visiting;
    }
    assert.ok(own.rss() - before < 2_000_000, `${own.rss() - before} bytes`);
    assert.equal(await own.metric('duet_rooms'), 2);
    times.sort((a, b) => a - b);
    assert.ok(times[4] < 1000, `median ${times[4]} ms`);
    for (const client of [alice, bob]) client.close();
    raw.drop();
    await own.stop();
  });
});
