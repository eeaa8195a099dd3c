// SPDX-License-Identifier: MIT
// Calls between two of our own peer connections behind every pair of routers: no browser, real sockets.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { End, kDuet, until } from '../interop/ends.mjs';
import { Server, kPort, kServers, makeNetworks, routers, setRouter } from './lab.mjs';

const kPackets = 20;
const kinds = Object.keys(routers);
let relay;
let directory;

/** The relay's URLs: how it is reached decides what a blocked home can use. */
const urls = {
  udp: `turn:${kServers[0]}:${kPort}?transport=udp`,
  tcp: `turn:${kServers[0]}:${kPort}?transport=tcp`,
  tls: `turns:${kServers[0]}:${kPort}?transport=tcp`,
};

before(async () => {
  makeNetworks();
  directory = mkdtempSync(join(tmpdir(), 'duet-nat-'));
  const [cert, key] = ['cert', 'key'].map((name) => join(directory, `${name}.pem`));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30',
    '-subj', '/CN=relay', '-addext', `subjectAltName=IP:${kServers[0]}`, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  relay = await Server.startRelay('--cert', cert, '--key', key);
});
after(() => {
  relay?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Two ends, of whom the left one calls, with a channel and sound; the right one sends sound back. */
class Call {
  static async between(left, right, { carriers = Object.keys(urls), only = {} } = {}) {
    setRouter('left', left);
    setRouter('right', right);
    const servers = carriers.map((carrier) => ({ url: urls[carrier], username: 'alice', credential: 'wonder' }));
    const options = JSON.stringify({ servers, ca: join(directory, 'cert.pem'), ...only });
    const call = new Call();
    const inHome = (side, other) => new End('ip', ['netns', 'exec', side, kDuet, options], (line) => call[other].tell(line));
    call.left = inHome('left', 'right');
    call.right = inHome('right', 'left');
    call.ends = [call.left, call.right];
    call.right.tell({ do: 'loop' });
    call.left.tell({ do: 'add', kind: 'audio' });
    call.left.tell({ do: 'channel', label: 'chat' });
    call.left.tell({ do: 'offer' });
    await call.all((end) => end.reports('open').length > 0, 'the channel opens');
    return call;
  }

  all(holds, what) {
    return until(() => this.ends.every(holds), what, () => JSON.stringify(this.ends.map((end) => end.said)));
  }

  /** Messages and packets go both ways. */
  async works(text) {
    const before = (await this.left.counts()).packets;
    for (const end of this.ends) end.tell({ do: 'send', text });
    await this.all((end) => end.reports('text').some((line) => line.text === text), `both hear ${text}`);
    this.left.tell({ do: 'rtp', packets: kPackets });
    await until(async () => (await this.left.counts()).packets >= before + kPackets, 'sound comes back');
    for (const end of this.ends) assert.deepEqual(end.reports('error'), []);
  }

  async ways() {
    return Promise.all(this.ends.map((end) => {
      const before = end.reports('way').length;
      end.tell({ do: 'way' });
      return until(() => end.reports('way')[before], 'the way');
    }));
  }

  close() {
    return Promise.all(this.ends.map((end) => end.close()));
  }
}

/** A test of one call. */
function story(name, left, right, options, run) {
  it(name, { timeout: 60_000 }, async () => {
    const call = await Call.between(left, right, options);
    try {
      await call.works('hello');
      await run(call);
    } finally {
      await call.close();
    }
  });
}

/** Nothing but the relay's one port is open: what it relays goes from one relayed address to another. */
const isRelayed = ({ local, remote }) => local.type === 'relay' && remote.type === 'relay';

const isDirect = (left, right) =>
  ![left, right].includes('blocked') && ([left, right].includes('full') || (left === 'cone' && right === 'cone'));

describe('two peer connections', () => {
  for (const left of kinds) {
    for (const right of kinds) {
      story(`behind ${left} and ${right}`, left, right, {}, async (call) => {
        const direct = isDirect(left, right);
        // A direct path that works is taken, also where the relay was quicker.
        if (direct) await until(async () => (await call.ways()).every((way) => way.local.type !== 'relay'), 'direct');
        for (const [index, way] of (await call.ways()).entries()) {
          if (direct) assert.notEqual(way.remote.type, 'relay');
          else assert.ok(isRelayed(way), JSON.stringify(way));
          if (!direct && [left, right][index] === 'blocked') assert.notEqual(way.local.relay, 'udp');
        }
      });
    }
  }

  for (const carrier of Object.keys(urls)) {
    const router = carrier === 'udp' ? 'symmetric' : 'blocked';
    story(`by a relay over ${carrier} alone`, router, router, { carriers: [carrier], only: { relay: true } }, async (call) => {
      for (const way of await call.ways()) {
        assert.ok(isRelayed(way), JSON.stringify(way));
        assert.equal(way.local.relay, carrier);
      }
    });
  }

  // Neither end is asked to: the pairs that worked once are tried again.
  story('whose direct path dies go on by the relay', 'cone', 'cone', {}, async (call) => {
    for (const way of await call.ways()) assert.notEqual(way.local.type, 'relay');
    setRouter('left', 'blocked');
    await until(async () => (await call.ways()).every(isRelayed), 'the relay', async () => JSON.stringify(await call.ways()));
    await call.works('still here');
  });

  story('restart ICE and go on', 'symmetric', 'symmetric', {}, async (call) => {
    const { pairs } = await call.left.counts();
    call.left.tell({ do: 'restart' });
    await until(async () => (await call.left.counts()).pairs > pairs, 'another pair');
    await call.works('still here');
  });
});
