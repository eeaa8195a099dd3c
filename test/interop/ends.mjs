// SPDX-License-Identifier: MIT
// The two ends of a call, and the signaling between them.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { install } from './page.mjs';

export const kDuet = process.env.DUET_TEST_PEER
  ?? fileURLToPath(new URL('../../build/release/test/interop/duet_test_peer', import.meta.url));
const kWithin = 10_000; // ms, for anything that is waited for

/** Waits until `holds` gives something, and gives it back; fails with what `tell` says. */
export async function until(holds, what, tell = () => '') {
  for (const end = Date.now() + kWithin; Date.now() < end; ) {
    const result = await holds();
    if (result) return result;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${what}: not within ${kWithin} ms\n${await tell()}`);
}

/** An origin that may use cameras, with an empty page. */
export async function openOrigin() {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>interop</title><body>');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://localhost:${server.address().port}/` };
}

/** One end: a program led by lines. */
export class End {
  said = [];

  /** @param signal  gets the lines that are for the other end */
  constructor(program, flags, signal) {
    this.process = spawn(program, flags, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.process.stdout }).on('line', (text) => {
      const line = JSON.parse(text);
      if (line.type) signal(line);
      else this.said.push(line);
    });
    this.process.stdin.on('error', () => {});  // it has ended: what is waited for says so
  }

  tell(line) {
    this.process.stdin.write(`${JSON.stringify(line)}\n`);
  }

  async close() {
    this.process.stdin.end();
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
  }

  reports(report) {
    return this.said.filter((line) => line.report === report);
  }

  async asked(what) {
    const before = this.reports(what).length;
    this.tell({ do: what });
    return until(() => this.reports(what)[before], what);
  }

  counts() {
    return this.asked('counts');
  }

  /** getStats() of the other end: its entries. */
  async stats() {
    return Object.values((await this.asked('stats')).stats);
  }
}

/** What is signaled when only candidates that pass are told. */
function filtered(line, passes) {
  if (!passes) return line;
  if (line.type === 'candidate') {
    const text = line.candidate.candidate;
    return text === '' || passes(text) ? line : undefined;
  }
  const kept = line.sdp.split('\r\n').filter((one) => !one.startsWith('a=candidate:') || passes(one));
  return { ...line, sdp: kept.join('\r\n') };
}

/** A call between a page and Duet. */
export class Call {
  signaled = [];

  /**
   * @param options.trickles  candidates follow the descriptions, at both ends
   * @param options.configuration  of our end, as README.md has it
   * @param options.passes    per end ('duet', 'page'): which of its candidates the other one hears of; nothing for all
   */
  static async between(browser, url, { trickles = true, kinds = [], configuration = {}, passes = {} } = {}) {
    const call = new Call();
    call.page = await browser.newPage();
    call.duet = new End(kDuet, [JSON.stringify(configuration)], (all) => {
      const line = filtered(all, passes.duet);
      if (!line) return;
      call.signaled.push({ from: 'duet', ...line });
      call.page.evaluate((one) => window.call.take(one), line).catch(() => {});
    });
    await call.page.goto(url);
    await call.page.exposeFunction('toDuet', (all) => {
      const line = filtered(all, passes.page);
      if (!line) return;
      call.signaled.push({ from: 'page', ...line });
      call.duet.tell(line);
    });
    await call.page.evaluate(install);
    await call.page.evaluate((options) => window.call.start(options), { trickles });
    call.duet.tell({ do: 'trickle', on: trickles });
    if (kinds.length > 0) await call.addFromPage(kinds);
    return call;
  }

  addFromPage(kinds) {
    return this.page.evaluate((which) => window.call.add(which), kinds);
  }

  offerFromPage({ channel } = {}) {
    return this.page.evaluate((label) => {
      if (label) window.call.adopt(window.call.pc.createDataChannel(label));
      return window.call.describe();
    }, channel);
  }

  restartFromPage() {
    return this.page.evaluate(() => {
      window.call.pc.restartIce();
      return window.call.describe();
    });
  }

  /** What the page knows; only values that can be copied. */
  state() {
    return this.page.evaluate(() => {
      const { texts, bytes, closed, states, errors, tracks, pc, channel } = window.call;
      return { texts, bytes, closed, states, errors, tracks, connection: pc.connectionState, ice: pc.iceConnectionState,
        signaling: pc.signalingState, channel: channel?.readyState };
    });
  }

  stats() {
    return this.page.evaluate(() => window.call.stats());
  }

  /** Everything, for who has to find out why. */
  async tell() {
    const lines = this.signaled.map((line) => `${line.from}: ${line.sdp ? `${line.type}\n${line.sdp}` : JSON.stringify(line)}`);
    return [...lines, JSON.stringify(this.duet.said), JSON.stringify(await this.state()), JSON.stringify(await this.stats())].join('\n');
  }

  /** Waits until `holds`, asked with the page's state, is true. */
  until(holds, what) {
    return until(async () => holds(await this.state()), what, () => this.tell());
  }

  async connected() {
    await this.until((page) => page.connection === 'connected', 'connected');
    await until(() => this.duet.reports('connection').at(-1)?.state === 'connected', 'connected at our end', () => this.tell());
  }

  /** What was signaled from one end, the newest last. */
  descriptions(from, type) {
    return this.signaled.filter((line) => line.from === from && line.type === type).map((line) => line.sdp);
  }

  async close() {
    await this.duet.close();
    await this.page.close();
  }
}
