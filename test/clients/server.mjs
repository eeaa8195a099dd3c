// SPDX-License-Identifier: MIT
// Starts the server under test with a state folder of its own, and looks at it from outside.
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
export const binary = process.env.DUET_BIN ?? path.join(here, '../../build/release/duet');

/** Whether a server could listen at this port; `host` as in listen(). */
async function isFree(probe, port, host) {
  const free = new Promise((resolve) => probe.once('listening', () => resolve(true)).once('error', () => resolve(false)));
  if (probe instanceof net.Server) probe.listen(port, host);
  else probe.bind(port, host);
  if (!(await free)) return false;
  probe.close();
  await once(probe, 'close');
  return true;
}

/**
 * A port that was free a moment ago, for TCP and UDP. Below those that the system gives to sockets
 * that ask for any (32768 and up), since one of them would take it now and then.
 */
export async function freePort(host = '127.0.0.1') {
  for (;;) {
    const port = randomInt(10_000, 18_000);
    const udp = dgram.createSocket(net.isIPv6(host) ? 'udp6' : 'udp4');
    if (await isFree(net.createServer(), port, host) && await isFree(udp, port, host)) return port;
  }
}

/** GET by node:http on a connection of its own: {status, headers, body}. */
export function get(url, { method = 'GET', headers = {}, body, agent = false, ...rest } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers, agent, ...rest }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          body: Buffer.concat(parts),
          text: Buffer.concat(parts).toString(),
        }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Waits until `condition` holds, at most `ms`; throws what it was waiting for. */
export async function until(condition, what, ms = 3000) {
  const end = performance.now() + ms;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(5);
  }
}

/** One `duet serve`, or `duet turn`, on a loopback port. */
export class Server {
  /**
   * @param flags  further flags of the command, or a function of the port that makes them
   * @param place  words before the command that start it in another network namespace, which has `host`
   * @param isFixture  it is that of the published suites, at port 3000 of loopback and without further flags
   */
  static async start(flags = [], { host = '127.0.0.1', command = 'serve', place, isFixture = false } = {}) {
    if (!existsSync(binary)) throw new Error(`no server at ${binary}: build it or set DUET_BIN`);
    const server = new Server();
    server.port = isFixture ? 3000 : place ? 2022 : await freePort(host);
    server.host = place ? host : '127.0.0.1';
    server.state = mkdtempSync(path.join(tmpdir(), 'duet-clients-'));
    server.url = `http://${server.host}:${server.port}`;
    server.log = '';
    const words = [binary, command, '--listen', `${host}:${server.port}`, ...(typeof flags === 'function' ? flags(server.port) : flags)];
    if (isFixture) words.splice(1, words.length, 'serve', '--conformance');
    if (place) words.unshift(...place);
    server.child = spawn(words[0], words.slice(1), {
      env: { PATH: process.env.PATH, HOME: server.state, STATE_DIRECTORY: server.state },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    server.exited = once(server.child, 'exit').then(([code, signal]) => {
      server.ended = true;
      return { code, signal };
    });
    for (const stream of [server.child.stdout, server.child.stderr]) {
      stream.on('data', (data) => (server.log += data));
    }
    await until(
      async () => {
        if (server.ended) throw new Error(`the server did not start:\n${server.log}`);
        return (await get(`${server.url}/readyz`).catch(() => null))?.status === 200;
      },
      'a server that is ready',
      10_000,
    );
    return server;
  }

  get pid() {
    return this.child.pid;
  }

  /** Resident memory in bytes. */
  rss() {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) * 1024;
  }

  /** The value of one line of /metrics, summed over its labels; NaN if there is no such metric. */
  async metric(name) {
    const { text } = await get(`${this.url}/metrics`);
    const lines = text.split('\n').filter((line) => line.startsWith(name) && !/^[a-z_]/.test(line[name.length] ?? ''));
    if (lines.length === 0) return NaN;
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** Kills it; a crash before that is an error of the test. */
  async stop() {
    const early = this.ended;
    if (!early) this.child.kill('SIGKILL');
    const { code, signal } = await this.exited;
    rmSync(this.state, { recursive: true, force: true });
    if (early && !this.expectExit) throw new Error(`the server ended early (${code ?? signal}):\n${this.log}`);
  }
}
