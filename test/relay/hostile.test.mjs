// SPDX-License-Identifier: MIT
// What a relay must not be used for, and what it must live through.
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Server, freePort, get, until } from '../clients/server.mjs';
import { kUser, kUserFlag, withClients } from './client.mjs';
import { portRange, withServer } from './server.mjs';
import * as stun from './stun.mjs';

const dualFamily = [stun.attribute.additionalFamily, stun.u32(2 << 24)];

/** Services that only this machine should reach; what they hear is counted. */
async function withVictims(story) {
  const port = await freePort('127.0.0.1');
  const heard = [];
  const victims = [];
  for (const [type, address] of [['udp4', '0.0.0.0'], ['udp6', '::1']]) {
    const victim = dgram.createSocket({ type, ipv6Only: type === 'udp6' });
    victim.on('message', (data, from) => heard.push(`${data} from ${from.address}`));
    victim.bind(port, address);
    await once(victim, 'listening');
    victims.push(victim);
  }
  try {
    await story(port, heard);
  } finally {
    for (const victim of victims) victim.close();
  }
}

const forbidden = {
  'CVE-2020-26262, loopback by 0.0.0.0 and IPv6': ['0.0.0.0', '0.1.2.3', '::', '::1'],
  'CVE-2026-27624, loopback by mapped forms': ['::ffff:127.0.0.1', '::ffff:0.0.0.0', '::127.0.0.1', '64:ff9b::127.0.0.1', '2002:7f00:1::'],
  'loopback by its name': ['127.0.0.1', '127.0.0.2', '127.255.255.254'],
  'the inner network': ['10.0.0.1', '172.16.0.1', '192.168.1.1', '100.64.0.1', 'fc00::1', 'fe80::1', 'fec0::1', '64:ff9b:1::1'],
  'what gives out a cloud machine’s secrets': ['169.254.169.254', '::ffff:169.254.169.254'],
  'everybody at once': ['224.0.0.1', '255.255.255.255', '240.0.0.1', 'ff02::1'],
  'this machine’s own addresses': Object.values(networkInterfaces()).flat().map(({ address }) => address.split('%')[0]),
};

/** Neither the log, as it is without flags, nor the metrics say who was here or whom they called. */
async function assertDiscreet(server, reason) {
  await until(() => server.log.includes('allocation ended'), 'the line of an allocation');
  const log = server.log.split('\n').filter((line) => line.startsWith('t=')).map((line) => line.replace(/^t=\S+/, '')).join('\n');
  assert.ok(await server.metric(`duet_turn_denied_total{reason="${reason}"}`) > 0);
  const { text } = await get(`${server.url}/metrics`);
  for (const said of [log, text]) {
    assert.doesNotMatch(said, new RegExp(`${kUser.username}|${kUser.password}`));
    assert.doesNotMatch(said, /\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f]*:[0-9a-f]/i);
  }
}

describe('peers that no relay may reach', () => {
  let server;
  before(async () => {
    // As a server on the internet: it has told addresses, and real sockets for peers outside.
    server = await Server.start(['--external-ip', '198.51.100.1', '--external-ip', '2001:db8::1', ...portRange().flags, ...kUserFlag]);
  });
  after(() => server.stop());

  for (const [name, addresses] of Object.entries(forbidden)) {
    it(name, () =>
      withVictims((port, heard) =>
        withClients(async (open) => {
          const client = await open('udp', server.port);
          assert.equal((await client.allocate([dualFamily])).code, 0);
          const good = { address: '8.8.8.8', port: 53 };
          assert.equal(await client.permit(good), 0);
          for (const address of addresses) {
            assert.equal(await client.permit({ address, port }), 403, `permission for ${address}`);
            assert.equal(await client.permit(good, { address, port }), 403, `permission for ${address}, among others`);
            assert.equal(await client.bind(0x4000, { address, port }), 403, `channel to ${address}`);
            client.sendTo({ address, port }, `sent to ${address}`);
            client.sendChannel(0x4000, `by channel to ${address}`);
          }
          await sleep(100);
          assert.deepEqual(heard, []);
        })));
  }

  it('of all of this neither log nor metrics tell an address or a name', () =>
    withClients(async (open) => {
      const client = await open('tcp', server.port);
      await client.allocate();
      client.close();
      await assertDiscreet(server, 'forbidden_peer');
    }));

  it('the relay’s own address opens its relayed addresses and nothing else there', () =>
    withServer([...portRange().flags, ...kUserFlag], (local) =>
      withVictims((port, heard) =>
        withClients(async (open) => {
          const client = await open('udp', local.port);
          await client.allocate();
          const [{ address }] = client.relayed;
          assert.equal(address, '127.0.0.1');
          assert.equal(await client.permit({ address, port }), 0);
          assert.equal(await client.bind(0x4000, { address, port }), 403);
          client.sendTo({ address, port }, 'through the relay');
          client.sendTo({ address, port: local.port }, 'to the server itself');
          await sleep(100);
          assert.deepEqual(heard, []);
        }))));

  it('--turn-allow-peer opens what it names, and that alone', () =>
    withServer(['--turn-allow-peer', '127.0.0.1', '--external-ip', '198.51.100.1', ...portRange().flags, ...kUserFlag], (local) =>
      withVictims((port, heard) =>
        withClients(async (open) => {
          const client = await open('udp', local.port);
          await client.allocate();
          assert.equal(await client.permit({ address: '127.0.0.2', port }), 403);
          assert.equal(await client.permit({ address: '127.0.0.1', port }), 0);
          client.sendTo({ address: '127.0.0.1', port }, 'allowed');
          await until(() => heard.length === 1, 'what was allowed');
        }))));
});

describe('bytes that are no message', () => {
  let server;
  before(async () => {
    server = await Server.start(kUserFlag);
  });
  after(() => server.stop());

  const allocate = stun.message(stun.klass.request, stun.method.allocate, [stun.udpTransport]);
  const lying = (bytes, size) => Buffer.concat([bytes.subarray(0, 2), Buffer.from([size >> 8, size & 255]), bytes.subarray(4)]);
  /** Over UDP each gets no answer but perhaps an error. */
  const cases = {
    nothing: Buffer.alloc(0),
    'one byte': Buffer.from([0]),
    'half a header': allocate.subarray(0, 10),
    'a header alone': allocate.subarray(0, 20),
    'a length beyond the end': lying(allocate, 400),
    'a length of 65535': lying(allocate, 65535),
    'a length that is no multiple of 4': lying(allocate, allocate.length - 21),
    'an attribute beyond the end': Buffer.concat([lying(allocate.subarray(0, 20), 4), Buffer.from([0, 0x19, 0xff, 0xff])]),
    'an address of no family': stun.message(stun.klass.request, stun.method.permit, [[stun.attribute.peer, Buffer.alloc(8, 0xff)]]),
    'channel 0xFFFF': stun.channelData(0xffff, 'hello'),
    'channel 0x8000': stun.channelData(0x8000, 'hello'),
    'ChannelData that is shorter than it says': stun.channelData(0x4000, 'hello', { size: 500 }),
    'a DTLS hello': Buffer.from('16fefd000000000000000000', 'hex'),
    '1500 bytes of noise': Buffer.from(Array.from({ length: 1500 }, (_, index) => (index * 167 + 13) & 255)),
  };

  it('over UDP, with and without an allocation', () =>
    withClients(async (open) => {
      const [stranger, client] = [await open('udp', server.port), await open('udp', server.port)];
      await client.allocate();
      await client.bind(0x4000, client.relayed[0]);
      for (const [name, bytes] of Object.entries(cases)) {
        for (const sender of [stranger, client]) sender.send(bytes);
        for (const sender of [stranger, client]) {
          assert.equal((await sender.ask(stun.method.binding)).code, 0, `after ${name}`);
        }
      }
      const answered = [...stranger.got, ...client.got].map(stun.parse);
      assert.ok(answered.every((answer) => answer && answer.code >= 400 && answer.size <= 120), 'errors at most');
      client.sendChannel(0x4000, 'to myself');
      assert.deepEqual(await client.hear(), { channel: 0x4000, text: 'to myself' });
    }));

  it('over TCP and TLS the connection ends, and others go on', () =>
    withClients(async (open) => {
      const bystander = await open('tcp', server.port);
      await bystander.allocate();
      await bystander.bind(0x4000, bystander.relayed[0]);
      for (const transport of ['tcp', 'tls']) {
        for (const name of ['channel 0xFFFF', 'channel 0x8000', 'a length that is no multiple of 4']) {
          const client = await open(transport, server.port);
          await client.allocate(); // or the first byte would not be for the relay
          client.send(cases[name]);
          await until(() => client.closed, `the end after ${name} over ${transport}`);
        }
      }
      bystander.sendChannel(0x4000, 'still here');
      assert.deepEqual(await bystander.hear(), { channel: 0x4000, text: 'still here' });
      assert.equal(await server.metric('duet_turn_denied_total{reason="bad_stream"}'), 6);
    }));

  it('every piece of a message over TCP comes together', () =>
    withClients(async (open) => {
      const client = await open('tcp', server.port);
      client.socket.setNoDelay(true);
      await client.learn();
      const bytes = client.sign(stun.method.allocate, [stun.udpTransport]);
      for (const byte of bytes) {
        client.send(Buffer.from([byte]));
        await sleep(1);
      }
      assert.ok(await client.take((one) => stun.parse(one)?.code === 0));
      client.send(Buffer.concat([client.sign(stun.method.refresh), client.sign(stun.method.refresh)]));
      for (const _ of [1, 2]) assert.equal(stun.parse(await client.take(() => true)).method, stun.method.refresh);
    }));

  it('of all of this neither log nor metrics tell an address or a name', () => assertDiscreet(server, 'malformed'));
});
