// SPDX-License-Identifier: MIT
// What bad input gets: the protocol's own error or a close, while others go on undisturbed.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import net from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from './clients.mjs';
import { frame, Raw } from './raw.mjs';
import { get, Server, until } from './server.mjs';

let server;
let alice;
let bob;
let serial = 0;

before(async () => {
  server = await Server.start(['--limits', 'off', '--connect-timeout', '1s']);
  alice = await Client.connect(server, { version: 4 });
  bob = await Client.connect(server, { version: 2 });
  await alice.ask('create or join', 'bystanders');
  await bob.ask('create or join', 'bystanders');
});

// Whatever was sent, the two who were there before still hear each other, and nothing else.
afterEach(async () => {
  const text = `still here ${++serial}`;
  alice.emit('message', text);
  assert.deepEqual(await bob.take('message'), ['message', text]);
  assert.ok(!alice.disconnected && !bob.disconnected);
});

after(async () => {
  alice?.close();
  bob?.close();
  await server?.stop();
});

const url = (query) => `${server.url}/socket.io/?${query}`;
const polling = async () => JSON.parse((await get(url('EIO=4&transport=polling'))).text.slice(1)).sid;
const session = (sid) => url(`EIO=4&transport=polling&sid=${sid}`);

describe('requests that are wrong', () => {
  const cases = [
    ['no transport', 'EIO=4', 'GET', 0],
    ['an unknown transport', 'EIO=4&transport=pigeon', 'GET', 0],
    ['an unknown sid', 'EIO=4&transport=polling&sid=nobody', 'GET', 1],
    ['a sid of 5000 characters', `EIO=4&transport=polling&sid=${'s'.repeat(5000)}`, 'GET', 1],
    ['a handshake by POST', 'EIO=4&transport=polling', 'POST', 2],
    ['a handshake by PUT', 'EIO=4&transport=polling', 'PUT', 2],
    ['no version', 'transport=polling', 'GET', 5],
    ['version 2', 'EIO=2&transport=polling', 'GET', 5],
    ['version 5', 'EIO=5&transport=polling', 'GET', 5],
    ['a broken escape', 'EIO=4&transport=polling&sid=%zz%', 'GET', 1],
  ];
  for (const [title, query, method, code] of cases) {
    it(`${title}: 400 with code ${code}`, async () => {
      const answer = await get(url(query), { method });
      assert.equal(answer.status, 400);
      const body = JSON.parse(answer.text);
      assert.equal(body.code, code);
      assert.equal(typeof body.message, 'string');
    });
  }
  for (const query of ['EIO=4', 'EIO=4&transport=websocket&sid=nobody', 'transport=websocket', 'EIO=9&transport=websocket']) {
    it(`a WebSocket of ${query} is refused with 400`, async () => {
      const raw = await Raw.open(server, query);
      assert.equal((await raw.refusal).status, 400);
    });
  }
});

describe('long-polling that breaks rules', () => {
  for (const [title, body] of [
    ['no packet', 'abc'],
    ['an empty packet in between', '40\x1e\x1e42["message"]'],
    ['broken base64', 'b****'],
    ['an unknown type', '9'],
  ]) {
    it(`${title}: the POST and the next poll get 400`, async () => {
      const sid = await polling();
      assert.equal((await get(session(sid), { method: 'POST', body })).status, 400);
      assert.equal((await get(session(sid))).status, 400);
    });
  }

  it('a binary POST in version 4 is refused', async () => {
    const sid = await polling();
    const headers = { 'content-type': 'application/octet-stream' };
    assert.equal((await get(session(sid), { method: 'POST', headers, body: Buffer.from([0, 1, 255, 52]) })).status, 400);
  });

  it('a binary POST in version 3 that is cut short is refused', async () => {
    const opening = (await get(url('EIO=3&transport=polling&b64=1'))).text;
    const { sid } = JSON.parse(opening.slice(opening.indexOf('{'), opening.indexOf('}') + 1));
    const headers = { 'content-type': 'application/octet-stream' };
    const target = url(`EIO=3&transport=polling&sid=${sid}`);
    assert.equal((await get(target, { method: 'POST', headers, body: Buffer.from([0, 9, 9, 9, 255, 52]) })).status, 400);
  });

  it('a second poll ends the session and the first poll', async () => {
    const sid = await polling();
    await get(session(sid), { method: 'POST', body: '40' });
    await get(session(sid));
    const first = get(session(sid));
    await sleep(20);
    assert.equal((await get(session(sid))).status, 400);
    assert.equal((await first).text, '1');
    assert.equal((await get(session(sid))).status, 400);
  });

  it('a body of more than maxPayload gets 413, and the session goes on', async () => {
    const sid = await polling();
    const answer = await get(session(sid), { method: 'POST', body: `4${'x'.repeat(1_000_000)}` }).catch((error) => error);
    assert.equal(answer.status, 413, String(answer));
    assert.equal((await get(session(sid), { method: 'POST', body: '40' })).text, 'ok');
    assert.match((await get(session(sid))).text, /^40\{/);
  });

  it('a half-open upgrade disturbs nothing; a second one is refused or replaces it', async () => {
    const sid = await polling();
    const half = await Raw.open(server, `EIO=4&transport=websocket&sid=${sid}`);
    half.send('2probe');
    await half.until((text) => text === '3probe');
    const second = await Raw.open(server, `EIO=4&transport=websocket&sid=${sid}`);
    assert.equal((await get(session(sid), { method: 'POST', body: '40' })).status, 200);
    assert.match((await get(session(sid))).text, /^(6|40\{|6\x1e40\{)/);
    half.drop();
    second.drop();
  });
});

describe('packets that break rules close their connection', () => {
  const placeholder = '{"_placeholder":true,"num":0}';
  const cases = {
    'an empty message': '',
    'an unknown Engine.IO type': '9',
    'an unknown Socket.IO type': '4abc',
    'type 7': '47',
    'an event without arguments': '42',
    'an event that is an object': '42{}',
    'an event without a name': '42[]',
    'an event whose name is an object': '42[{}]',
    'JSON that ends early': '42["message",{"a":1',
    'JSON with something behind it': '42["message"]]',
    'a bare word': '42[message]',
    'an ack number that is none': '42abc["message"]',
    'a CONNECT_ERROR from a client': '44{"message":"x"}',
    'the reserved event connect': '42["connect"]',
    'the reserved event connect_error': '42["connect_error"]',
    'the reserved event disconnect': '42["disconnect"]',
    'the reserved event disconnecting': '42["disconnecting"]',
    'the reserved event newListener': '42["newListener"]',
    'the reserved event removeListener': '42["removeListener"]',
    'JSON nested 10,000 deep': `42["message",${'['.repeat(10_000)}${']'.repeat(10_000)}]`,
    'objects nested 10,000 deep': `42["message",${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}]`,
    'more attachments than allowed': `4565-["message",${placeholder}]`,
    'a huge number of attachments': '459999999999-["message"]',
    'no number of attachments': '45["message"]',
    'a placeholder without its attachment': `451-["message",{"_placeholder":true,"num":7}]`,
  };
  for (const [title, text] of Object.entries(cases)) {
    it(title, async () => {
      const raw = await Raw.enter(server);
      raw.send(text);
      if (title.startsWith('a placeholder')) raw.send(Buffer.from([1]));
      assert.notEqual(await raw.end(), 'open');
    });
  }

  it('a text where an attachment is due', async () => {
    const raw = await Raw.enter(server);
    raw.send(`451-["message",${placeholder}]`);
    raw.send('42["message","not binary"]');
    assert.notEqual(await raw.end(), 'open');
  });

  it('binary that nobody announced', async () => {
    const raw = await Raw.enter(server);
    raw.send(Buffer.from([1, 2, 3]));
    assert.notEqual(await raw.end(), 'open');
  });

  it('JSON nested 100 deep is relayed', async () => {
    const deep = JSON.parse(`${'['.repeat(100)}${']'.repeat(100)}`);
    alice.emit('message', deep);
    assert.deepEqual(await bob.take('message'), ['message', deep]);
  });

  it('an unknown namespace gets CONNECT_ERROR and stays', async () => {
    const raw = await Raw.enter(server);
    raw.send('40/random,');
    assert.equal(await raw.until((text) => text.startsWith('44')), '44/random,{"message":"Invalid namespace"}');
    assert.equal(await raw.end(100), 'open');
    raw.drop();
  });

  it('a socket that enters no namespace is cut after the connect timeout', async () => {
    const start = performance.now();
    const raw = await Raw.open(server);
    assert.notEqual(await raw.end(3000), 'open');
    assert.ok(performance.now() - start > 900);
  });
});

describe('frames that break rules (RFC 6455)', () => {
  const text = '42["message","x"]';
  const cases = [
    ['unmasked', () => frame(1, text, { masked: false }), 1002],
    ['a reserved bit', () => frame(1, text, { reserved: 0x40 }), 1002],
    ['an unknown opcode', () => frame(3, text), 1002],
    ['a continuation of nothing', () => frame(0, text), 1002],
    ['a fragmented ping', () => frame(9, 'x', { fin: false }), 1002],
    ['a ping of 126 bytes', () => frame(9, 'x'.repeat(126)), 1002],
    ['a message inside a message', () => Buffer.concat([frame(1, '42[', { fin: false }), frame(1, text)]), 1002],
    ['invalid UTF-8', () => frame(1, Buffer.from([0x34, 0x32, 0xc3, 0x28])), 1007],
    ['a surrogate in UTF-8', () => frame(1, Buffer.from([0x34, 0xed, 0xa0, 0x80])), 1007],
    ['too long', () => frame(1, `42["message","${'x'.repeat(1_000_000)}"]`), 1009],
    ['a length in more bytes than it needs', () => Buffer.from([0x81, 0xfe, 0, 1, 0, 0, 0, 0, 0x34]), 1002],
    ['a length of 2^62', () => Buffer.from([0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]), 1009],
  ];
  for (const [title, bytes, code] of cases) {
    it(`${title}: ${code}`, async () => {
      const raw = await Raw.enter(server);
      raw.write(bytes());
      assert.equal(await raw.end(), code);
    });
  }

  it('a message of 1000 fragments is taken, with a ping in between', async () => {
    const raw = await Raw.enter(server);
    const whole = Buffer.from(`42["message","${'y'.repeat(984)}"]`);
    const pieces = [...whole].map((byte, index) => frame(index === 0 ? 1 : 0, [byte], { fin: index === whole.length - 1 }));
    assert.equal(pieces.length, 1000);
    pieces.splice(500, 0, frame(9, 'hi'));
    raw.write(Buffer.concat(pieces));
    await raw.until((message) => message.startsWith('42["log"') && message.includes('yyyy'));
    raw.drop();
  });

  it('a flood of tiny fragments is cut', async () => {
    const raw = await Raw.enter(server);
    raw.write(frame(1, '4', { fin: false }));
    for (let i = 0; i < 20; ++i) raw.write(Buffer.concat(Array(500).fill(frame(0, '', { fin: false }))));
    assert.equal(await raw.end(), 1008);
  });

  it('permessage-deflate is declined, and each message is one frame', async () => {
    const raw = await Raw.enter(server, { perMessageDeflate: true });
    assert.equal(raw.ws.extensions, '');
    raw.drop();
  });
});

describe('one client with 100,000 rooms', () => {
  it('holds one at a time, and costs nobody anything', { timeout: 90_000 }, async () => {
    const raw = await Raw.enter(server);
    const visit = async (from, to) => {
      raw.messages.length = 0;
      for (let i = from; i < to; ++i) raw.send(`42["create or join","many ${i}"]`);
      await raw.until((text) => text === `42["created","many ${to - 1}"]`, 20_000);
    };
    await visit(0, 10_000); // what it costs once
    const before = server.rss();
    const times = [];
    for (let i = 10_000; i < 100_000; i += 10_000) {
      const visiting = visit(i, i + 10_000);
      const start = performance.now();
      alice.emit('message', i);
      assert.deepEqual(await bob.take('message'), ['message', i]);
      times.push(performance.now() - start);
      await visiting;
    }
    assert.ok(server.rss() - before < 2_000_000, `${server.rss() - before} bytes`);
    assert.equal(await server.metric('duet_rooms'), 2);
    times.sort((a, b) => a - b);
    assert.ok(times[4] < 1000, `median ${times[4]} ms`);
    raw.drop();
  });
});

describe('heartbeats', () => {
  it('who does not answer is cut, in both versions; its seat is free', async () => {
    const quick = await Server.start(['--ping-interval', '300ms', '--ping-timeout', '200ms']);
    try {
      for (const version of [3, 4]) {
        const start = performance.now();
        const raw = await Raw.open(quick, `EIO=${version}&transport=websocket`);
        if (version === 4) raw.send('40');
        raw.send('42["create or join","silent"]');
        assert.notEqual(await raw.end(3000), 'open');
        const took = performance.now() - start;
        assert.ok(took > 400 && took < 900, `${took} ms`);
        const client = await Client.connect(quick, { version: 4 });
        client.emit('create or join', 'silent');
        await client.take('created');
        client.close();
        await until(async () => (await quick.metric('duet_rooms')) === 0, 'an empty server');
      }
    } finally {
      await quick.stop();
    }
  });
});

describe('limits', () => {
  it('of the system on descriptors: who is there goes on, it is said once, and others get in afterwards', async () => {
    const small = await Server.start(['--limits', 'off']);
    try {
      const raw = await Raw.enter(small);
      execFileSync('prlimit', ['--pid', String(small.pid), '--nofile=40']);
      const crowd = [...Array(60)].map(() => net.connect(small.port, '127.0.0.1').on('error', () => {}));
      await until(() => small.log.includes('no descriptor left'), 'a warning');
      await sleep(1000);
      assert.equal(small.log.split('no descriptor left').length - 1, 1, small.log);
      raw.send('42["message","still here"]');
      await raw.until((text) => text.startsWith('42["log"') && text.includes('still here'));
      for (const socket of crowd) socket.destroy();
      assert.equal((await get(`${small.url}/healthz`)).status, 200);
      raw.drop();
    } finally {
      await small.stop();
    }
  });

  it('on connections of one address: 403 beyond, and free again after', async () => {
    const limited = await Server.start();
    const all = [];
    try {
      for (let i = 0; i < 260; ++i) all.push(await Raw.open(limited));
      const refused = all.filter((raw) => raw.ws.readyState !== 1);
      assert.ok(refused.length > 0 && refused.length < 20, `${refused.length} refused`);
      assert.equal((await refused[0].refusal).status, 403);
      for (const raw of all) raw.drop();
      await sleep(200);
      const again = await Raw.open(limited);
      assert.equal(again.ws.readyState, 1);
      again.drop();
    } finally {
      await limited.stop();
    }
  });

  it('on the message rate: read more slowly, nothing lost', async () => {
    const limited = await Server.start();
    try {
      const raw = await Raw.enter(limited);
      for (let i = 0; i < 3000; ++i) raw.send(`42["message",${i}]`);
      await raw.until((text) => text.startsWith('42["log"') && text.endsWith(',2999]]'), 15_000);
      assert.equal(raw.messages.filter((text) => text.startsWith('42["log"')).length, 3000);
      raw.drop();
    } finally {
      await limited.stop();
    }
  });
});
