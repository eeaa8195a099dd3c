// SPDX-License-Identifier: MIT
// Speaks to people in other namespaces as if they were here: every method of Person, from afar.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { kOrigin } from './lab.mjs';

const kActor = fileURLToPath(new URL('actor.mjs', import.meta.url));

/** @param side  the namespace they live in @param kind  their browser */
export function personIn(side, kind) {
  const child = spawn('ip', ['netns', 'exec', side, process.execPath, kActor, kind, kOrigin], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const waiting = new Map();
  let count = 0;
  child.on('message', ({ id, result, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error) reject(new Error(`${side}, ${kind}: ${error}`));
    else resolve(result);
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${side}, ${kind}: gone with ${code}`));
  });
  return new Proxy({}, {
    get: (_, name) => name === 'then' ? undefined : ((...args) => new Promise((resolve, reject) => {
      const id = (count += 1);
      waiting.set(id, { resolve, reject });
      child.send({ id, name, args });
    })),
  });
}
