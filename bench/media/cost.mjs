// SPDX-License-Identifier: MIT
// What a call costs this machine: processor time of both ends, and memory over many calls.
import { now } from '../../test/link/lab.mjs';
import { NativeEnd } from './native_end.mjs';
import { PageEnd } from './page_end.mjs';
import { cpuSeconds, residentBytes } from './processes.mjs';

const kSpace = 'server'; // both ends where the server is
const kOrigin = 'http://127.0.0.1:2022';
const kMeasured = 15_000; // ms
const kFullWithin = 45_000; // ms

const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));

/** Processor seconds a second, once `isFull()`. */
async function load(isFull, ...pids) {
  const end = now() + kFullWithin;
  while (!(await isFull())) {
    if (now() > end) return NaN;
    await sleep(500);
  }
  await sleep(2_000);
  const [time, cpu] = [now(), cpuSeconds(...pids)];
  await sleep(kMeasured);
  return ((cpuSeconds(...pids) - cpu) / (now() - time)) * 1000;
}

export async function nativeLoad(binary) {
  const link = `${kOrigin}/r/cost`;
  const receiver = new NativeEnd(binary, kSpace, link, '--video', 'none', '--audio', 'none');
  await receiver.event('signal.received');
  const sender = new NativeEnd(binary, kSpace, link, '--video', 'pattern', '--audio', 'tone', '--codec', 'vp8');
  try {
    const isFull = () => {
      const last = receiver.stats().slice(-10);
      return last.length === 10 && last.every((event) => event.in.height === 720) && last.reduce((sum, event) => sum + event.in.fps, 0) >= 270;
    };
    return await load(isFull, sender.pid, receiver.pid);
  } finally {
    await sender.hangUp();
    await receiver.hangUp();
  }
}

export async function pageLoad(film) {
  const page = await PageEnd.open(kSpace, film);
  try {
    await page.ask('loop');
    const isFull = async () => {
      const { height, fps } = await page.ask('looped');
      return height === 720 && fps >= 27;
    };
    return await load(isFull, await page.ask('pid'));
  } finally {
    await page.close();
  }
}

/** Resident bytes of one end that answers, after a fifth of so many calls in a row and after all. */
export async function nativeMemory(binary, calls, tell) {
  const link = `${kOrigin}/r/memory`;
  const device = new NativeEnd(binary, kSpace, link, '--answer', '--keep', '--video', 'pattern', '--audio', 'tone', '--codec', 'vp8', '--size', '320x180');
  await device.event('signal.received');
  const early = Math.ceil(calls / 5);
  const sizes = [];
  let failed = 0;
  try {
    for (let call = 1; call <= calls; call += 1) {
      const words = ['--video', 'pattern', '--audio', 'tone', '--codec', 'vp8', '--size', '320x180', '--duration', '700ms'];
      if ((await new NativeEnd(binary, kSpace, link, ...words).ended) !== 0) failed += 1;
      if (call === early || call === calls) {
        await sleep(500);
        sizes.push(residentBytes(device.pid));
      }
      tell(`${call} of ${calls} calls`);
    }
  } finally {
    await device.hangUp();
  }
  return { early: sizes[0], late: sizes[1], failed };
}
