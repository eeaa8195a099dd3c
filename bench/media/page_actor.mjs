// SPDX-License-Identifier: MIT
// A browser with a page that its parent drives, in the namespace this runs in.
import { createServer } from 'node:http';

import { chromium } from '../../test/browser/browsers.mjs';
import { now } from '../../test/link/lab.mjs';
import * as inPage from './page.mjs';

const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>end</title>'));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}`; // secure, since it is this machine's own
const [film] = process.argv.slice(2);
const camera = film ? [`--use-file-for-fake-video-capture=${film}`] : [];
const browser = await chromium({ args: ['--use-fake-ui-for-media-stream', ...camera] });
const page = await browser.newPage();
await page.goto(origin);
await page.exposeFunction('tell', (name, text) => process.send({ name, text }));

/** What to add to the page's times for the clock of the link: of a few tries, the closest. */
async function offset() {
  let best = { width: Infinity };
  for (let i = 0; i < 10; i += 1) {
    const before = now();
    const there = await page.evaluate(() => performance.now());
    const after = now();
    if (after - before < best.width) best = { width: after - before, value: (before + after) / 2 - there };
  }
  return best.value;
}

const own = {
  offset,
  pid: () => browser.process().pid,
  async close() {
    await browser.close();
    setImmediate(() => process.exit(0));
  },
};

process.on('message', async ({ id, name, args }) => {
  try {
    const result = await (own[name] ? own[name](...args) : page.evaluate(inPage[name], ...args));
    process.send({ id, result });
  } catch (error) {
    process.send({ id, error: error.stack });
  }
});
process.on('disconnect', () => browser.close().finally(() => process.exit(0)));
process.send({ name: 'ready' });
