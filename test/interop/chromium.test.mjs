// SPDX-License-Identifier: MIT
// Every call of scenarios.mjs with Chromium, and what only Chromium does.
import assert from 'node:assert/strict';

import { chromium } from '../browser/browsers.mjs';
import { openChannel, scenarios, sendBothWays } from './scenarios.mjs';

const { scenario } = scenarios(chromium, (browser, url) =>
  browser.defaultBrowserContext().overridePermissions(url, ['camera', 'microphone']));

const isNamed = (candidate) => candidate.includes('.local ');
const told = (call, from) =>
  call.signaled.filter((line) => line.from === from && line.type === 'candidate').map((line) => line.candidate.candidate).filter((one) => one !== '');

/** Chromium tells its addresses only to a page that may use a camera. Of ours it hears nothing, so that only we can begin. */
scenario('a page without permissions, whose names we look up', { permitted: false, passes: { duet: () => false } }, async (call) => {
  await openChannel(call, 'page');
  assert.ok(told(call, 'page').length > 0 && told(call, 'page').every(isNamed), told(call, 'page').join('\n'));
  await sendBothWays(call, 'hidden');
});

/** The other way round. */
scenario('our addresses hide, and the browser looks our names up', { configuration: { hidesAddresses: true }, passes: { page: () => false } }, async (call) => {
  await openChannel(call, 'page');
  const all = [...told(call, 'duet'), ...call.descriptions('duet', 'answer')[0].split('\r\n').filter((one) => one.startsWith('a=candidate:'))];
  assert.ok(all.length > 0 && all.every(isNamed), all.join('\n'));
  await sendBothWays(call, 'hidden');
});
