// SPDX-License-Identifier: MIT
// Two places with a link between them, and a server that both reach by cables of their own.
//
//   a 10.77.0.1 ---- link ---- 10.77.0.2 b
//   a 10.66.1.2 -- 10.66.1.1 server 10.66.2.1 -- 10.66.2.2 b
//
// For programs that ../nat/enter.mjs has started: all of it ends with them.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

export const kAddress = { a: '10.77.0.1', b: '10.77.0.2' };
/** The server as each side reaches it. */
export const kServer = { a: '10.66.1.1', b: '10.66.2.1' };
const kDevice = 'link';
const kReadyWithin = 5_000; // ms

const ip = (line) => execFileSync('ip', line.split(' '), { stdio: ['ignore', 'ignore', 'inherit'] });

/** Milliseconds of CLOCK_MONOTONIC, as the link and `duet` have them. */
export const now = () => Number(process.hrtime.bigint() / 1000n) / 1000;

/** Starts a program in a namespace. */
export const spawnIn = (space, words, options) => spawn('ip', ['netns', 'exec', space, ...words], options);

export function makePlaces() {
  for (const space of ['a', 'b', 'server']) {
    ip(`netns add ${space}`);
    // One family of addresses: less to gather, and nothing by the way that is not told here.
    execFileSync('ip', ['netns', 'exec', space, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1']);
    ip(`-n ${space} link set lo up`);
  }
  for (const [space, address] of Object.entries(kServer)) {
    ip(`link add out netns ${space} type veth peer name to-${space} netns server`);
    ip(`-n server addr add ${address}/24 dev to-${space}`);
    ip(`-n server link set dev to-${space} up`);
    ip(`-n ${space} addr add ${address.slice(0, -1)}2/24 dev out`);
    ip(`-n ${space} link set out up`);
  }
}

/** Pulls the cable between a place and the server, or puts it back. @param state  'up' or 'down' */
export const setServerCable = (space, state) => ip(`-n server link set dev to-${space} ${state}`);

/** The link, as long as it is not closed. */
export class Link {
  /** @param flags  of duet_link, such as --rate 1M; the schedule waits for start() */
  static async open(binary, ...flags) {
    if (!existsSync(binary)) throw new Error(`${binary} is missing: configure with -DDUET_BUILD_BENCH=ON or -DDUET_BUILD_TESTS=ON`);
    const link = new Link();
    link.log = [];
    link.process = spawn(binary, ['--a', 'a', '--b', 'b', '--device', kDevice, ...flags], { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    link.process.stderr.on('data', (text) => (said += text));
    link.process.stdin.on('error', () => {}); // it says why itself
    link.ended = new Promise((resolve) => link.process.once('exit', resolve));
    await new Promise((resolve, reject) => {
      const fail = () => reject(new Error(`no link: ${said.trim() || 'duet_link says nothing'}. A TUN device takes root, and /dev/net/tun`));
      const timer = setTimeout(fail, kReadyWithin);
      createInterface(link.process.stdout).on('line', (line) => {
        if (line === 'ready') resolve(clearTimeout(timer));
        else link.log.push(JSON.parse(line));
      });
      link.ended.then(fail);
    });
    for (const space of ['a', 'b']) {
      ip(`-n ${space} addr add ${kAddress[space]}/24 dev ${kDevice}`);
      ip(`-n ${space} link set dev ${kDevice} up`);
    }
    return link;
  }

  /** From now on the schedule's times count. @returns now */
  start() {
    this.process.stdin.write('start\n');
    return now();
  }

  set(changes) {
    this.process.stdin.write(`set ${changes}\n`);
  }

  close() {
    this.process.stdin.end();
    return this.ended;
  }
}
