// SPDX-License-Identifier: MIT
// Every call of scenarios.mjs with Chromium, and what only Chromium does.
import assert from 'node:assert/strict';

import { chromium } from '../browser/browsers.mjs';
import { openChannel, scenarios, sendBothWays } from './scenarios.mjs';

const { scenario } = scenarios(chromium, (browser, url) =>
  browser.defaultBrowserContext().overridePermissions(url, ['camera', 'microphone']));

/** Chromium tells its addresses only to a page that may use a camera. */
scenario('a page without permissions, whose addresses hide behind mDNS names', { permitted: false }, async (call) => {
  await openChannel(call, 'page');
  const told = call.signaled.filter((line) => line.from === 'page' && line.type === 'candidate').map((line) => line.candidate.candidate);
  assert.ok(told.length > 0 && told.every((one) => one.includes('.local ')), told.join('\n'));
  await sendBothWays(call, 'hidden');
});
