// SPDX-License-Identifier: MIT
// `duet serve` where both ends reach it past the link.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { kServer, spawnIn } from '../../test/link/lab.mjs';

const kTries = 100;

/** @returns what stops it */
export async function serve(binary) {
  const state = mkdtempSync(join(tmpdir(), 'duet-link-'));
  // No relay: the only way for media is the link.
  const words = [binary, 'serve', '--listen', '0.0.0.0:2022', '--state-dir', state, '--turn', 'off', '--limits', 'off', '-q'];
  const server = spawnIn('server', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  server.stderr.on('data', (text) => (said += text));
  const stop = () => {
    server.kill('SIGKILL');
    rmSync(state, { recursive: true, force: true });
  };
  for (let i = 0; i < kTries && server.exitCode === null; i += 1) {
    const asked = spawn('ip', ['netns', 'exec', 'a', 'curl', '-sf', '--noproxy', '*', `http://${kServer.a}:2022/healthz`], { stdio: 'ignore' });
    const [code] = await once(asked, 'exit');
    if (code === 0) return stop;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  stop();
  throw new Error(`duet serve does not answer:\n${said}`);
}
