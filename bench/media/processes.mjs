// SPDX-License-Identifier: MIT
// What processes have used, from /proc.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

const kTick = 1 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })); // s
const kPage = Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' })); // bytes

/** The fields after the name, which may have spaces (proc(5)); undefined of one that is gone. */
function fields(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number);
  } catch {
    return undefined;
  }
}

/** That one and all below it. */
function family(pid) {
  const parents = new Map();
  for (const name of readdirSync('/proc')) {
    const found = /^\d+$/.test(name) && fields(name);
    if (found) parents.set(Number(name), found[1]);
  }
  const all = [pid];
  for (let i = 0; i < all.length; i += 1) {
    for (const [child, parent] of parents) if (parent === all[i]) all.push(child);
  }
  return all;
}

/** Seconds of processor time that these and all below them have taken, of those that still run. */
export function cpuSeconds(...pids) {
  return pids.flatMap(family).reduce((sum, pid) => {
    const found = fields(pid);
    return found ? sum + (found[11] + found[12]) * kTick : sum;
  }, 0);
}

/** Resident memory in bytes. */
export const residentBytes = (pid) => Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * kPage;
