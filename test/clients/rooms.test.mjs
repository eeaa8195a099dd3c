// SPDX-License-Identifier: MIT
// The room protocol, told by stock clients of three major versions over each transport.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client, plain, transports, versions } from './clients.mjs';
import { Server, until } from './server.mjs';

const banner = '>>> Message from server: ';
const bytes = (...values) => Buffer.from(values);

let server;
let clients = [];
let serial = 0;
const newRoom = () => `room ${process.pid} ${++serial}`;

before(async () => {
  server = await Server.start(['--limits', 'off']);
});
after(() => server.stop());

async function connect(kind) {
  const client = await Client.connect(server, kind);
  clients.push(client);
  return client;
}

/** Two clients in one room, with everything that was said of it read. */
async function pair(first, second) {
  const room = newRoom();
  const [alice, bob] = await Promise.all([connect(first), connect(second)]);
  alice.emit('create or join', room);
  await alice.take('created');
  await alice.take(/^emit\(\)/);
  bob.emit('create or join', room);
  await bob.take('joined');
  await bob.take(/^emit\(\)/);
  await alice.take('join');
  await alice.take(/^broadcast\(\)/);
  alice.events.length = 0;
  bob.events.length = 0;
  return { alice, bob, room };
}

/** The argument of `ice servers`: this server, as the client reaches it, with a credential. */
function assertServers([, servers]) {
  const { host, port, protocol } = new URL(server.url);
  assert.equal(servers.length, 1);
  const [{ urls, username, credential, ...rest }] = servers;
  assert.deepEqual(urls, [
    `stun:${host}`,
    `turn:${host}?transport=udp`,
    `turn:${host}?transport=tcp`,
    `turns:${host}?transport=tcp`,
  ], `of ${protocol} and port ${port}`);
  assert.match(username, /^\d+:\S{24}$/);
  const seconds = Number(username.split(':')[0]) - Date.now() / 1000;
  assert.ok(seconds > 3590 && seconds < 3605, `${seconds} s`);
  assert.match(credential, /^[A-Za-z0-9+/]{27}=$/);
  assert.deepEqual(rest, {});
}

function test(name, body) {
  it(name, async () => {
    try {
      await body();
    } finally {
      for (const client of clients) client.close();
      clients = [];
    }
  });
}

const payloads = [
  ['a string', ['bye']],
  ['an empty string', ['']],
  ['text of every kind', ['Grüße \u4f60\u597d \u{1f600} \u2028 "quoted" \\ \n \u0000 \u007f']],
  ['halves of a surrogate pair', ['\ud800 and \udc00', { '\udfff': 1 }]],
  ['an offer', [{ type: 'offer', sdp: 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n' }]],
  ['nested JSON', [{ a: [1, -2.5e-7, true, false, null, { b: [] }], '': {} }]],
  ['several arguments', ['one', 2, { three: 3 }, [4], null]],
  ['no argument', []],
  ['binary', [bytes(0, 1, 2, 253, 254, 255)]],
  ['empty binary', [bytes()]],
  ['nested binary', [{ file: { name: 'x', parts: [bytes(1, 2, 3), bytes(4)] }, n: 1 }, bytes(9)]],
];

for (const version of versions) {
  for (const transport of Object.keys(transports)) {
    const me = { version, transport };
    // Each version meets each other one, over a transport that differs with it.
    const peers = versions.map((other, index) => ({
      version: other,
      transport: Object.keys(transports)[(index + version) % 3],
    }));
    const peer = peers[(Object.keys(transports).indexOf(transport) + version) % 3];

    describe(`client ${version}.x over ${transport}`, () => {
      test('creates, is joined, and a third one gets full', async () => {
        const room = newRoom();
        const alice = await connect(me);
        alice.emit('create or join', room);
        assert.deepEqual(await alice.take('created'), ['created', room]);
        const [welcome] = await alice.take(/^emit\(\)/);
        assert.match(welcome, new RegExp(`^emit\\(\\): client \\S+ joined ${room}$|^emit\\(\\): client \\S+ joined room ${room}$`));
        assertServers(await alice.take('ice servers'));
        assert.deepEqual(alice.events, [
          ['log', [banner, `Room ${room} has 0 client(s)`]],
          ['log', [banner, `Request to create or join room ${room}`]],
        ]);
        alice.events.length = 0;

        const bob = await connect(peer);
        bob.emit('create or join', room);
        assert.deepEqual(await bob.take('joined'), ['joined', room]);
        const [told] = await bob.take(/^emit\(\)/);
        assert.deepEqual(await alice.take('join'), ['join', room]);
        const [heard] = await alice.take(/^broadcast\(\)/);
        assert.equal(heard.replace('broadcast', 'emit'), told, 'both name the same made-up client');
        assert.ok(!heard.includes(bob.socket.id) && !heard.includes(bob.socket.io.engine.id));
        assertServers(await bob.take('ice servers'));
        assert.deepEqual(bob.events, [
          ['log', [banner, `Room ${room} has 1 client(s)`]],
          ['log', [banner, `Request to create or join room ${room}`]],
        ]);
        bob.events.length = 0;

        const carol = await connect(me);
        carol.emit('create or join', room);
        assert.deepEqual(await carol.take('full'), ['full', room]);
        assert.deepEqual(carol.events, [
          ['log', [banner, `Room ${room} has 2 client(s)`]],
          ['log', [banner, `Request to create or join room ${room}`]],
        ]);
        carol.emit('message', 'let me in');
        await carol.take('log');
        await sleep(30);
        assert.deepEqual([alice.events, bob.events], [[], []], 'nobody hears of the third one');
      });

      test('says things in the order of the protocol', async () => {
        const room = newRoom();
        const alice = await connect(me);
        const answer = await alice.ask('create or join', room);
        assert.equal(answer.ok, true);
        assert.equal(answer.role, 'created');
        assert.match(answer.token, /^[A-Za-z0-9_-]{20,}$/);
        assert.deepEqual(
          alice.names().map((name) => name.replace(/\(\).*/, '')),
          ['log', 'log', 'ice servers', 'created', 'emit'],
        );
      });

      for (const [title, args] of payloads) {
        test(`relays ${title} both ways, with its echo`, async () => {
          const { alice, bob } = await pair(me, peer);
          for (const [from, to] of [[alice, bob], [bob, alice]]) {
            from.emit('message', ...args);
            assert.deepEqual(await to.take('message'), plain(['message', ...args]));
            assert.deepEqual(await from.take('log'), plain(['log', [banner, 'Got message:', ...args]]));
          }
        });
      }

      test('gets acknowledgements, and never passes one on', async () => {
        const { alice, bob } = await pair(me, peer);
        let asked = 0;
        bob.socket.on('message', (...args) => (asked += args.filter((arg) => typeof arg === 'function').length));
        assert.deepEqual(await alice.ask('message', 'for you'), { ok: true });
        assert.deepEqual(await alice.ask('message', bytes(1, 2), { b: bytes(3) }), { ok: true });
        await bob.take('message');
        await bob.take('message');
        assert.equal(asked, 0);
        assert.deepEqual(await alice.ask('leave'), { ok: true });
      });

      test('keeps the order of 1000 messages', async () => {
        const { alice, bob } = await pair(me, peer);
        for (let i = 0; i < 1000; ++i) alice.emit('message', i % 7 === 0 ? { i, b: bytes(i & 255) } : { i });
        await until(() => bob.events.length === 1000, 'all messages', 20_000);
        assert.deepEqual(bob.events.map((event) => event[1].i), [...Array(1000).keys()]);
        await until(() => alice.events.length === 1000, 'all echoes', 20_000);
        assert.deepEqual(alice.events.map((event) => event[1][2].i), [...Array(1000).keys()]);
      });

      test('leaves, and the seat is free', async () => {
        const { alice, bob, room } = await pair(me, peer);
        alice.emit('leave');
        assert.deepEqual(await bob.take('leave'), ['leave', room]);
        alice.emit('message', 'still there?');
        await alice.take('log');
        const carol = await connect(me);
        carol.emit('create or join', room);
        await carol.take('joined');
        await bob.take('join');
        assert.ok(!bob.names().includes('message'), 'who left is not heard');
      });

      test('closes, and the seat is free within 50 ms', async () => {
        const { alice, bob, room } = await pair(me, peer);
        const start = performance.now();
        alice.close();
        assert.deepEqual(await bob.take('leave'), ['leave', room]);
        assert.ok(performance.now() - start < 50 + 50, 'the client needs some of it');
      });

      test('takes its seat back with the token while the old connection is alive', async () => {
        const room = newRoom();
        const [alice, bob] = [await connect(me), await connect(peer)];
        const { token } = await alice.ask('create or join', room);
        bob.emit('create or join', room);
        await bob.take('joined');
        await alice.take('join');

        const stranger = await connect(peer);
        const refused = await stranger.ask('create or join', room, { token: 'A'.repeat(token.length) });
        assert.equal(refused.ok, false);
        assert.equal(refused.code, 'full');

        const back = await connect(me);
        const again = await back.ask('create or join', room, { token });
        assert.equal(again.ok, true);
        assert.equal(again.token, token);
        await back.take('joined');
        assert.deepEqual(await bob.take('join'), ['join', room]);
        const [, { code }] = await alice.take('refused');
        assert.equal(code, 'moved');

        bob.emit('message', 'to the new one');
        assert.deepEqual(await back.take('message'), ['message', 'to the new one']);
        alice.emit('message', 'from a ghost');
        await alice.take('log');
        alice.close();
        await sleep(50);
        assert.ok(!bob.names().includes('message') && !bob.names().includes('leave'));
      });

      test('takes its seat back after its connection is gone; a stranger gets full meanwhile', async () => {
        const room = newRoom();
        const [alice, bob] = [await connect(me), await connect(peer)];
        const { token } = await alice.ask('create or join', room);
        bob.emit('create or join', room);
        await bob.take('joined');
        bob.events.length = 0;
        if (transport === 'polling') alice.close();
        else alice.cut();
        await sleep(60);
        assert.deepEqual(bob.events, [], 'the mate hears nothing while the seat is held');
        const stranger = await connect(me);
        stranger.emit('create or join', room);
        await stranger.take('full');
        const back = await connect(peer);
        assert.equal((await back.ask('create or join', room, { token })).ok, true);
        await bob.take('join');
        back.emit('message', 'here again');
        assert.deepEqual(await bob.take('message'), ['message', 'here again']);
      });

      test('is told what is wrong with a name', async () => {
        const alice = await connect(me);
        for (const name of ['', 'x'.repeat(257), '\u4f60'.repeat(86), 7, null, ['a'], { a: 1 }]) {
          const answer = await alice.ask('create or join', name);
          assert.equal(answer.ok, false);
          assert.equal(answer.code, 'bad-room');
          assert.ok(answer.reason.length > 10);
          alice.emit('create or join', name);
          assert.equal((await alice.take('refused'))[1].code, 'bad-room');
        }
        for (const name of ['x'.repeat(256), ' ', '\u4f60'.repeat(85), ' a ', 'a"b\\c', '__proto__']) {
          alice.emit('create or join', name);
          assert.deepEqual(await alice.take('created'), ['created', name]);
        }
      });

      test('sits in one room at a time', async () => {
        const { alice, bob, room } = await pair(me, peer);
        alice.emit('create or join', room);
        assert.deepEqual(await alice.take('created'), ['created', room], 'the same answer again');
        await sleep(20);
        assert.deepEqual(bob.names(), []);
        const other = newRoom();
        alice.emit('create or join', other);
        await alice.take('created');
        assert.deepEqual(await bob.take('leave'), ['leave', room]);
        bob.emit('message', 'anybody?');
        await bob.take('log');
        await sleep(20);
        assert.ok(!alice.names().includes('message'));
      });
    });
  }
}

describe('nothing leaves a room', () => {
  test('neither to a socket without a room nor to another room', async () => {
    const { alice, bob } = await pair({ version: 4 }, { version: 2 });
    const { alice: carol, bob: dave } = await pair({ version: 3 }, { version: 4, transport: 'polling' });
    const loner = await connect({ version: 4 });
    for (let i = 0; i < 20; ++i) {
      alice.emit('message', 'secret');
      bob.emit('message', { secret: bytes(i) });
      loner.emit('message', 'hello, world');
    }
    await until(() => bob.events.length === 40 && alice.events.length === 40, 'the relay');
    await until(() => loner.events.length === 20, 'the echoes');
    await sleep(50);
    assert.deepEqual([carol.events, dave.events], [[], []]);
    assert.deepEqual([...new Set(loner.names())], ['log']);
    const said = JSON.stringify([alice.events, bob.events]);
    assert.ok(!said.includes('hello, world'));
  });

  test('names are exact: case, spaces and normalization make other rooms', async () => {
    const base = newRoom();
    for (const name of [base, base.toUpperCase(), `${base} `, ` ${base}`, `${base}\u00e9`, `${base}e\u0301`]) {
      const client = await connect({ version: 4 });
      client.emit('create or join', name);
      assert.deepEqual(await client.take('created'), ['created', name]);
    }
  });
});

describe('ice servers', () => {
  const servers = [];
  const start = async (...flags) => {
    servers.push(await Server.start(flags));
    return servers.at(-1);
  };
  after(() => Promise.all(servers.map((one) => one.stop())));

  async function sit(where) {
    const client = await Client.connect(where, { version: 4 });
    clients.push(client);
    assert.equal((await client.ask('create or join', newRoom())).ok, true);
    return client;
  }

  test('come again at half of their life, for the same user', async () => {
    const alice = await sit(await start('--turn-ttl', '10s'));
    const begun = performance.now();
    const [, [first]] = await alice.take('ice servers');
    await until(() => alice.names().includes('ice servers'), 'fresh ones', 7000);
    assert.ok(performance.now() - begun > 4500);
    const [, [second]] = await alice.take('ice servers');
    const [end, user] = first.username.split(':');
    const [laterEnd, sameUser] = second.username.split(':');
    assert.equal(sameUser, user);
    assert.ok(laterEnd - end >= 4 && laterEnd - end <= 6, `${end} ${laterEnd}`);
    assert.notEqual(second.credential, first.credential);
    assert.deepEqual(second.urls, first.urls);
  });

  test('are as coturn makes them of the first shared secret', async () => {
    const file = path.join(tmpdir(), `duet-secret-${process.pid}`);
    writeFileSync(file, 'the new one\nthe old one\n', { mode: 0o600 });
    const relay = 'turn:relay.example.org:3478?transport=udp';
    const alice = await sit(await start('--turn', 'off', '--turn-secret-file', file, '--ice-server', relay));
    rmSync(file);
    const [, told] = await alice.take('ice servers');
    const [{ username, credential }] = told;
    const expected = createHmac('sha1', 'the new one').update(username).digest('base64');
    assert.deepEqual(told, [{ urls: [relay], username, credential: expected }]);
    assert.equal(credential, expected);
  });

  test('leave out a relay that knows no secret of ours, and say so', async () => {
    const server = await start('--turn', 'off', '--ice-server', 'stun:stun.example.org', '--ice-server', 'turn:relay.example.org');
    const alice = await sit(server);
    assert.deepEqual(await alice.take('ice servers'), ['ice servers', [{ urls: ['stun:stun.example.org:3478'] }]]);
    assert.match(server.log, /share one by --turn-secret-file.*turn:relay\.example\.org/);
  });

  test('are not told where there are none', async () => {
    const alice = await sit(await start('--turn', 'off'));
    assert.ok(!alice.names().includes('ice servers'));
  });

  test('name the server as the client does, or else where the connection arrived', async () => {
    const urls = async (host, flags = []) => {
      const one = await start(...flags);
      const client = await Client.connect(one, { version: 4, transport: 'websocket', options: { extraHeaders: { Host: host, 'X-Forwarded-For': '192.0.2.9' } } });
      clients.push(client);
      await client.ask('create or join', newRoom());
      const [, [{ urls }]] = await client.take('ice servers');
      return urls.map((url) => url.replaceAll(`:${one.port}`, ':PORT'));
    };
    assert.deepEqual(await urls('call.example.org'), [
      'stun:call.example.org:80',
      'turn:call.example.org:80?transport=udp',
      'turn:call.example.org:80?transport=tcp',
      'turns:call.example.org:80?transport=tcp',
    ]);
    assert.deepEqual(await urls('call.example.org', ['--behind-proxy']), [
      'stun:call.example.org:PORT',
      'turn:call.example.org:PORT?transport=udp',
      'turn:call.example.org:PORT?transport=tcp',
    ]);
    assert.equal((await urls('x:y:z'))[0], 'stun:127.0.0.1:PORT');
  });
});
