// SPDX-License-Identifier: MIT
// What the link does in each case, and what is told of it. The round trip is 50 ms in all of them.
import * as figures from './figures.mjs';

const kDelay = ['--delay', '25ms'];
/** From then on a call has found its rate, also Chromium's, which climbs for 25 s. */
const kSettled = 28_000; // ms
const kFall = 30_000;
const kRise = 45_000;
const kCut = 28_000;
const kOutage = 2_000;

const bottleneck = (name, rate, title) => ({
  name,
  title,
  seconds: 45,
  link: [...kDelay, '--rate', rate, '--queue', '300ms'],
  rows: [
    ['use of the link', '', (run) => figures.use(run, kSettled), { least: 0.9, aim: 0.95 }],
    ['the same in the first 28 s', '', (run) => figures.use(run, 5_000, kSettled), {}],
    ['queue p95', 'ms', (run) => figures.queue(run, 0.95, kSettled), { most: 60, aim: 40 }],
    ['queue p95 of the whole call', 'ms', (run) => figures.queue(run, 0.95, 0), {}],
    ['freezes', '', (run) => figures.freezes(run), { most: 0 }],
    ['longest gap', 'ms', (run) => figures.longestGap(run, 2_000), {}],
    ['picture', 'px high', (run) => figures.height(run, kSettled), {}],
  ],
});

export const kCases = [
  {
    name: 'clean',
    title: 'nothing in the way',
    seconds: 35,
    link: kDelay,
    rows: [
      ['first frame', 'ms', figures.firstFrame, { most: 400, aim: 220 }],
      ['720p30 reached', 's', figures.fullPictureAfter, { most: 4, aim: 2 }],
      ['capture to presentation above the path', 'ms', (run) => figures.latency(run, kSettled) - 25, { most: 60, aim: 30 }],
      ['the same at p95', 'ms', (run) => figures.latency(run, kSettled, 0.95) - 25, {}],
      ['freezes', '', figures.freezes, { most: 0 }],
      ['longest gap', 'ms', (run) => figures.longestGap(run, 10_000), {}],
    ],
  },
  bottleneck('1m', '1M', '1 Mbit/s, 300 ms queue'),
  bottleneck('500k', '500k', '500 kbit/s, 300 ms queue'),
  {
    name: 'fall',
    title: '2.5 Mbit/s, 600 kbit/s from 30 s to 45 s, 300 ms queue',
    seconds: 70,
    link: [...kDelay, '--rate', '2500k', '--queue', '300ms', '--at', `${kFall}ms`, 'rate=600k', '--at', `${kRise}ms`, 'rate=2500k'],
    rows: [
      ['time to drain the queue', 's', (run) => figures.drained(run, kFall, kRise), { most: 3, aim: 1 }],
      ['longest gap', 's', (run) => figures.longestGap(run, kFall, kRise) / 1000, { most: 1, aim: 0.3 }],
      ['back to 80 %', 's', (run) => figures.backTo(run, kRise, 0.8 * 2.5e6), { most: 8, aim: 4 }],
      ['use before the fall', '', (run) => figures.use(run, 20_000, kFall), {}],
      ['use between', '', (run) => figures.use(run, kFall + 5_000, kRise), {}],
      ['freezes', '', figures.freezes, {}],
    ],
  },
  {
    name: 'loss5',
    title: '5 % loss, no bottleneck',
    seconds: 45,
    link: [...kDelay, '--loss', '5%'],
    rows: [
      ['bytes on the wire per byte of media', '', (run) => figures.wirePerMedia(run, kSettled), { most: 1.4, aim: 1.2 }],
      ['media', 'Mbit/s', (run) => figures.mediaRate(run, kSettled) / 1e6, {}],
      ['freezes', '', figures.freezes, { most: 0 }],
      ['longest gap', 'ms', (run) => figures.longestGap(run, 2_000), {}],
      ['audio concealed', '%', figures.concealed, {}],
      ['capture to presentation above the path', 'ms', (run) => figures.latency(run, kSettled) - 25, {}],
    ],
  },
  {
    name: 'loss20',
    title: '20 % loss, no bottleneck',
    seconds: 45,
    link: [...kDelay, '--loss', '20%'],
    rows: [
      ['media', 'Mbit/s', (run) => figures.mediaRate(run, 5_000) / 1e6, { least: 1, aim: 1.5 }],
      ['freezes', '', figures.freezes, { most: 5, aim: 1 }],
      ['longest gap', 'ms', (run) => figures.longestGap(run, 2_000), {}],
      ['picture', 'px high', (run) => figures.height(run, 5_000), { aim: 720 }],
      ['pictures', '/s', (run) => figures.rate(run, 5_000), { aim: 29 }],
      ['audio concealed', '%', figures.concealed, { most: 4, aim: 1 }],
      ['bytes on the wire per byte of media', '', (run) => figures.wirePerMedia(run, 5_000), {}],
    ],
  },
  {
    name: 'outage',
    title: `${kOutage / 1000} s outage`,
    seconds: 40,
    link: [...kDelay, '--at', `${kCut}ms`, `outage=${kOutage}ms`],
    rows: [
      ['next frame after its end', 'ms', (run) => figures.nextFrame(run, kCut + kOutage), { most: 400, aim: 100 }],
      ['720p30 again after', 's', (run) => figures.fullPictureAfter(run, kCut + kOutage), {}],
      ['freezes', '', figures.freezes, {}],
    ],
  },
];
