// SPDX-License-Identifier: MIT
// What takes its time by the clock, side by side: the server is patient, and not for ever.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

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
});
