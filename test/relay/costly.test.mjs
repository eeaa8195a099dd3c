// SPDX-License-Identifier: MIT
// What a relay must live through: who is slow, who is deaf, who floods it and who guesses.
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';

import { until } from '../clients/server.mjs';
import { kUserFlag, withClients } from './client.mjs';
import { portRange, withServer } from './server.mjs';
import * as stun from './stun.mjs';

describe('connections that cost', { concurrency: true }, () => {
  const kSlowest = 17_000; // ms; 15 s and a margin for a busy machine

  /** Opens a connection, runs what it does, and says how long it lived. */
  async function lifetime(server, begin, transport) {
    const socket = transport.connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
    const start = performance.now();
    socket.on('error', () => {});
    socket.resume();
    const closed = once(socket, 'close');
    const stop = begin?.(socket);
    await Promise.race([closed, sleep(kSlowest + 3000, undefined, { ref: false })]);
    stop?.();
    socket.destroy();
    return performance.now() - start;
  }

  const binding = stun.message(stun.klass.request, stun.method.binding);
  const slow = {
    'one that is silent': undefined,
    'one that stops in the middle of a message': (socket) => void socket.write(binding.subarray(0, 7)),
    'one that drips a message in': (socket) => {
      let at = 0;
      const timer = setInterval(() => socket.write(binding.subarray(at, (at += 1))), 1500);
      return () => clearInterval(timer);
    },
    'one that stops after a message and a half': (socket) => void socket.write(Buffer.concat([binding, binding.subarray(0, 12)])),
    'half a TLS handshake': (socket) => void socket.write(Buffer.from('1603010200010001fc0303', 'hex')),
    'ChannelData of 64 KB that never comes': (socket) => void socket.write(Buffer.concat([binding, Buffer.from([0x40, 0, 0xff, 0xff, 1])])),
  };
  const inside = ['one that is silent', 'one that drips a message in', 'one that stops after a message and a half'];
  const all = [...Object.entries(slow).map(([name, begin]) => [name, begin, net]), ...inside.map((name) => [`${name} inside TLS`, slow[name], tls])];
  for (const [name, begin, transport] of all) {
    it(`${name} is cut within 15 s`, { timeout: 30_000 }, () =>
      withServer(kUserFlag, async (server) => {
        const took = await lifetime(server, begin, transport);
        assert.ok(took <= kSlowest, `after ${took} ms`);
      }));
  }

  for (const transport of ['tcp', 'tls']) {
    it(`a client over ${transport} that reads nothing is dropped, and costs at most 1 MB`, { timeout: 60_000 }, () =>
      withServer(kUserFlag, (server) =>
        withClients(async (open) => {
          const [sender, deaf] = [await open('udp', server.port), await open(transport, server.port)];
          for (const client of [sender, deaf]) await client.allocate();
          await sender.bind(0x4000, deaf.relayed[0]);
          await deaf.bind(0x4000, sender.relayed[0]);
          for (let index = 0; index < 500; index += 1) sender.sendChannel(0x4000, 'warm'.repeat(300));
          await deaf.hear();
          await sleep(200);
          const before = server.rss();
          let most = before;
          deaf.socket.pause();
          await until(
            async () => {
              for (let index = 0; index < 200; index += 1) sender.sendChannel(0x4000, 'deaf'.repeat(300));
              most = Math.max(most, server.rss());
              return (await server.metric('duet_turn_allocations')) === 1;
            },
            'the end of who does not read',
            40_000,
          );
          assert.ok(await server.metric('duet_turn_denied_total{reason="slow_reader"}') > 0);
          assert.ok(most - before <= 1_000_000, `cost ${most - before} bytes`);
          assert.equal((await sender.ask(stun.method.binding)).code, 0);
        })));
  }
});

/** A full buffer loses datagrams, and a client sends the same one again (RFC 8489 §6.2.1). */
async function insist(client, bytes, times = 8) {
  for (; times > 0; times -= 1) {
    const answer = await client.answer(bytes, 500);
    if (answer) return answer;
  }
  assert.fail('never answered');
}

describe('floods', () => {
  // A million of them are counted in core/duet/turn/server_safety_test.cpp; these come by sockets.
  it('Allocates from ever other addresses cost no memory, and who has a name gets through', { timeout: 60_000 }, () =>
    withServer(kUserFlag, (server) =>
      withClients(async (open) => {
        const sockets = await Promise.all(Array.from({ length: 500 }, async (_, index) => {
          const socket = dgram.createSocket('udp4');
          socket.bind(0, `127.${1 + (index >> 8)}.${index & 255}.1`); // each is a source of its own
          await once(socket, 'listening');
          return socket;
        }));
        const bytes = stun.message(stun.klass.request, stun.method.allocate, [stun.udpTransport]); // nobody looks whether it is new
        const sendAll = (from) => Promise.all(from.map((socket) => new Promise((resolve) => socket.send(bytes, server.port, '127.0.0.1', resolve))));
        const flood = async (ms) => {
          const end = performance.now() + ms;
          let sent = 0;
          for (; performance.now() < end; sent += sockets.length) {
            await sendAll(sockets);
          }
          return sent;
        };
        try {
          await flood(1_000); // tables that have a fixed size are touched
          const before = server.rss();
          const friend = await open('udp', server.port);
          const [sent, challenge] = await Promise.all([flood(4_000), insist(friend, bytes)]);
          const grown = server.rss() - before;
          assert.ok(sent > 10_000, `only ${sent}`);
          assert.ok(grown < 1_000_000, `${grown} bytes after ${sent}`);
          assert.ok(await server.metric('duet_turn_denied_total{reason="no_credential"}') > 5_000);
          // One of them alone is soon not answered.
          for (let index = 0; index < 20; index += 1) await sendAll(Array(100).fill(sockets[0]));
          await until(async () => (await server.metric('duet_turn_denied_total{reason="rate_limited"}')) > 0, 'silence');
          assert.equal(await server.metric('duet_turn_allocations_total'), 0);
          friend.obey(challenge);
          const [made] = await Promise.all([insist(friend, friend.sign(stun.method.allocate, [stun.udpTransport])), flood(1_000)]);
          assert.equal(made.code, 0);
        } finally {
          for (const socket of sockets) socket.close();
        }
      })));

  it('permissions for ever other peers end at 128, and cost no memory', () =>
    withServer(['--turn-allow-peer', '8.0.0.0/8', ...portRange().flags, ...kUserFlag], (server) =>
      withClients(async (open) => {
        const client = await open('tcp', server.port);
        await client.allocate();
        const peer = (index) => ({ address: `8.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, port: 9 });
        const codes = [];
        for (let index = 0; index < 200; index += 1) codes.push(await client.permit(peer(index)));
        assert.deepEqual(codes, [...Array(128).fill(0), ...Array(72).fill(508)]);
        const before = server.rss();
        for (let index = 200; index < 4_200; index += 1) {
          client.send(client.sign(stun.method.permit, [stun.peer(peer(index))]));
          if (index % 100 === 0) await until(async () => client.got.length >= index - 199, 'answers');
        }
        await until(() => client.got.length === 4_000, 'all answers', 10_000);
        assert.ok(client.got.every((one) => stun.parse(one).code === 508));
        assert.ok(server.rss() - before < 1_000_000, `${server.rss() - before} bytes`);
        assert.equal((await (await open('udp', server.port)).allocate()).code, 0);
      })));
});

it('who guesses passwords is soon answered five times a second, and neighbours go on', () =>
  withServer(kUserFlag, (server) =>
    withClients(async (open) => {
      const local = '127.0.0.5';
      const [guesser, neighbour, friend] = [
        await open('udp', server.port, { local, credential: { username: 'alice', password: 'guess' } }),
        await open('udp', server.port, { local }),
        await open('udp', server.port),
      ];
      await neighbour.allocate();
      await guesser.learn();
      const start = performance.now();
      let sent = 0;
      for (; performance.now() - start < 2_000; sent += 1) {
        guesser.send(guesser.sign(stun.method.allocate, [stun.udpTransport]));
        await sleep(2);
      }
      assert.ok(sent > 200, `only ${sent}`);
      await guesser.ask(stun.method.binding); // all before it were seen
      const most = 50 + Math.ceil((performance.now() - start) / 200); // a burst, then 5 a second
      assert.ok(guesser.got.length <= most, `${guesser.got.length} answers, not ${most}`);
      assert.ok(guesser.got.every((one) => stun.parse(one).code === 401));
      assert.equal(await server.metric('duet_turn_auth_failures_total'), guesser.got.length);
      assert.equal((await neighbour.refresh(600)).code, 0, 'a call behind the same router');
      assert.equal((await friend.allocate()).code, 0, 'somebody elsewhere');
    })));
