// SPDX-License-Identifier: MIT
// What the tests of one file share: a server and browsers, there before the first and gone after the last.

import { after, before, beforeEach } from 'node:test';
import { chromium, firefox } from './browsers.mjs';
import { Duet } from './duet.mjs';

const launchers = { chromium, firefox };

/**
 * @param browsers  the options of each browser that is wanted: {chromium: {}, firefox: {}}
 * @returns the server, and the browsers by their names, once the tests run
 */
export function stage(browsers) {
  const duet = new Duet();
  const open = {};
  before(async () => {
    await duet.open();
    for (const [name, options] of Object.entries(browsers)) open[name] = await launchers[name](options);
  });
  // A test that failed half-way may have left no server behind.
  beforeEach(() => duet.ensure());
  after(async () => {
    await Promise.all(Object.values(open).map((browser) => browser.close()));
    if (duet.process) await duet.stop();
  });
  return { duet, open };
}
