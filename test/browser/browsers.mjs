// SPDX-License-Identifier: MIT
// Debian's Chromium and Firefox, headless, with fake devices, and what a test wants to know of them.

import puppeteer from 'puppeteer-core';

const kCommonArgs = ['--no-sandbox', '--disable-dev-shm-usage', '--autoplay-policy=no-user-gesture-required'];

/** @param options.devices false: there is no camera and no microphone; deny: every prompt is refused */
export function chromium({ devices = true, deny = false, args = [], language = 'en-US' } = {}) {
  return puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    acceptInsecureCerts: true,
    args: [
      ...kCommonArgs,
      ...(devices ? ['--use-fake-device-for-media-stream'] : []), // a test machine has no real ones
      ...(deny ? ['--deny-permission-prompts'] : []),
      `--lang=${language}`,
      `--accept-lang=${language}`,
      ...args,
    ],
  });
}

export function firefox({ deny = false, language = 'en-US' } = {}) {
  const permission = deny ? 2 : 1;
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
    acceptInsecureCerts: true,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': !deny,
      'media.peerconnection.ice.loopback': true,
      'media.autoplay.default': 0,
      'media.gmp-manager.updateEnabled': false,
      'permissions.default.camera': permission,
      'permissions.default.microphone': permission,
      'intl.accept_languages': language,
    },
  });
}

/** What a page may not do, and did; asked at the end of a test. */
export class Watch {
  constructor(page, origin) {
    this.outside = [];
    this.errors = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.host !== new URL(origin).host && !/^(data|blob|about):$/.test(url.protocol)) this.outside.push(request.url());
    });
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => {
      // A refused connection while the server is down is said by the browser, not by the page.
      if (message.type() === 'error' && !/ERR_CONNECTION|WebSocket|Failed to load resource|CORS|can’t establish/.test(message.text())) {
        this.errors.push(message.text());
      }
    });
  }
}
