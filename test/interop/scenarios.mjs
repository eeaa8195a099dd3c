// SPDX-License-Identifier: MIT
// What has to work with every browser.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Call, openOrigin, until } from './ends.mjs';

const kSrtpProfiles = new Set([1, 7, 8]);  // AES128_CM_HMAC_SHA1_80, AEAD_AES_128_GCM, AEAD_AES_256_GCM
const kLargest = 256 * 1024;  // bytes of one message

/** The page or Duet begins, with a channel; both ends then have it open. */
export async function openChannel(call, offerer) {
  if (offerer === 'page') {
    await call.offerFromPage({ channel: 'chat' });
  } else {
    call.duet.tell({ do: 'channel', label: 'chat' });
    call.duet.tell({ do: 'offer' });
  }
  await call.until((page) => page.channel === 'open', 'the channel opens');
  await until(() => call.duet.reports('open').length > 0, 'the channel opens at our end', () => call.tell());
}

async function offerMedia(call, offerer) {
  if (offerer === 'page') return call.offerFromPage();
  call.duet.tell({ do: 'add', kind: 'audio' });
  call.duet.tell({ do: 'add', kind: 'video' });
  call.duet.tell({ do: 'offer' });
}

export async function sendBothWays(call, text) {
  await call.page.evaluate((one) => window.call.channel.send(one), text);
  call.duet.tell({ do: 'send', text });
  await call.until((page) => page.texts.includes(text), `the page hears ${text}`);
  await until(() => call.duet.reports('text').some((line) => line.text === text), `we hear ${text}`, () => call.tell());
}

/** Our mirror shows the page its own picture, and plays it its own sound. */
async function seesItself(call) {
  await until(async () => {
    const stats = await call.stats();
    return stats.framesDecoded > 5 && stats.audioPackets > 10 && stats.width > 0;
  }, 'the page sees itself', async () => `${JSON.stringify(await call.duet.counts())}\n${await call.tell()}`);
  const counts = await call.duet.counts();
  assert.ok(kSrtpProfiles.has(counts.srtp), JSON.stringify(counts));
  assert.ok(counts.audio > 10 && counts.video > 5, JSON.stringify(counts));
}

/** Not one packet is lost on loopback, so every one that the browser counts has come. */
async function countsAgree(call) {
  await call.page.evaluate(() => Promise.all(window.call.pc.getSenders().map((sender) => sender.replaceTrack(null))));
  let seen;
  await until(async () => {
    const [{ sent }, counts] = [await call.stats(), await call.duet.counts()];
    seen = JSON.stringify({ sent, counts });
    // A browser that looks for more bandwidth sends padding and repeats, and counts them as packets of its picture.
    return counts.audio === sent.audio && counts.video + counts.padding + counts.repeated === sent.video;
  }, 'both count the same', () => seen);
}

async function noErrors(call) {
  assert.deepEqual((await call.state()).errors, []);
  assert.deepEqual(call.duet.reports('error'), []);
}

const ufrag = (sdp) => /a=ice-ufrag:(\S+)/.exec(sdp)[1];

/**
 * Tests of every call that any browser makes.
 *
 * @param launch  opens the browser; prepare(browser, url) gives it its permissions
 * @returns scenario(name, options, run), for what one browser has alone
 */
export function scenarios(launch, prepare = () => {}) {
  let browser;
  let origin;
  before(async () => {
    origin = await openOrigin();
    browser = await launch();
    await prepare(browser, origin.url);
  });
  after(async () => {
    await browser.close();
    origin.server.close();
  });

  /** A test of one call, which has to end without an error at either end. */
  const scenario = (name, options, run) =>
    test(name, async (report) => {
      const { permitted = true, ...rest } = options;
      const context = permitted ? browser : await browser.createBrowserContext();
      const call = await Call.between(context, origin.url, rest);
      try {
        await run(call, report);
        await noErrors(call);
      } finally {
        await call.close();
        if (!permitted) await context.close();
      }
    });

  for (const offerer of ['page', 'duet']) {
    const begins = offerer === 'page' ? 'the browser offers' : 'we offer';
    const restart = (call) => (offerer === 'page' ? call.restartFromPage() : call.duet.tell({ do: 'restart' }));

    scenario(`${begins}: messages both ways, the largest too`, {}, async (call) => {
      await openChannel(call, offerer);
      await sendBothWays(call, 'grüß dich, 你好');
      await call.page.evaluate((size) => window.call.channel.send(new Uint8Array(size)), kLargest);
      call.duet.tell({ do: 'send', bytes: kLargest });
      await call.until((page) => page.bytes === kLargest, 'the page gets the largest');
      await until(() => call.duet.reports('binary').at(-1)?.bytes === kLargest, 'we get the largest', () => call.tell());
      await call.connected();
    });

    scenario(`${begins}: candidates within the descriptions`, { trickles: false }, async (call) => {
      await openChannel(call, offerer);
      await sendBothWays(call, 'whole');
      assert.deepEqual(call.signaled.filter((line) => line.type === 'candidate'), []);
    });

    scenario(`${begins}: sound and picture come back`, { kinds: ['audio', 'video'] }, async (call, report) => {
      call.duet.tell({ do: 'loop' });
      await offerMedia(call, offerer);
      await call.connected();
      await seesItself(call);
      await countsAgree(call);
      report.diagnostic(`SRTP profile ${(await call.duet.counts()).srtp}`);
    });

    scenario(`${begins}: ICE restarts`, {}, async (call) => {
      await openChannel(call, offerer);
      await call.connected();
      const { pairs } = await call.duet.counts();
      await restart(call);
      const mine = offerer;
      const theirs = offerer === 'page' ? 'duet' : 'page';
      await until(() => call.descriptions(theirs, 'answer').length === 2, 'the second answer', () => call.tell());
      const [first, second] = call.descriptions(mine, 'offer').map(ufrag);
      assert.notEqual(first, second);
      const [before, now] = call.descriptions(theirs, 'answer').map(ufrag);
      assert.notEqual(before, now);
      await until(async () => (await call.duet.counts()).pairs > pairs, 'another pair', () => call.tell());
      await sendBothWays(call, 'after');
      await call.connected();
    });

    scenario(`${begins}: ICE restarts while sound and picture flow`, { kinds: ['audio', 'video'] }, async (call) => {
      call.duet.tell({ do: 'loop' });
      await offerMedia(call, offerer);
      await call.connected();
      await seesItself(call);
      const { pairs } = await call.duet.counts();
      const { framesDecoded } = await call.stats();
      await restart(call);
      await until(async () => (await call.duet.counts()).pairs > pairs, 'another pair', () => call.tell());
      await until(async () => (await call.stats()).framesDecoded > framesDecoded + 20, 'more pictures', () => call.tell());
      const states = (await call.state()).states;
      assert.ok(!states.includes('failed') && !states.includes('disconnected'), states.join());
    });

    scenario(`${begins}: sound and picture join a call of messages`, {}, async (call) => {
      call.duet.tell({ do: 'loop' });
      await openChannel(call, offerer);
      await call.addFromPage(['audio', 'video']);
      await offerMedia(call, offerer);
      await seesItself(call);
      await sendBothWays(call, 'still here');
    });

    scenario(`${begins}, and hears that the other closed`, {}, async (call) => {
      await openChannel(call, offerer);
      if (offerer === 'page') {
        call.duet.tell({ do: 'close' });
        await call.until((page) => page.closed, 'the page hears it');
      } else {
        await call.page.evaluate(() => window.call.pc.close());
        await until(() => call.duet.reports('channel closed').length > 0, 'we hear it', () => call.tell());
      }
    });
  }

  /** Both have made an offer and heard of none: media of the page's, sound of ours. */
  async function glare(call) {
    call.duet.tell({ do: 'loop' });
    await openChannel(call, 'page');
    await call.addFromPage(['audio', 'video']);
    await call.page.evaluate(() => window.call.holdOffer());
    call.duet.tell({ do: 'add', kind: 'audio' });
    call.duet.tell({ do: 'offer' });
    await until(() => call.descriptions('duet', 'offer').length === 1, 'our offer', () => call.tell());
  }

  scenario('both offer at once, and the browser gives way', {}, async (call) => {
    await glare(call);
    await call.until((page) => page.signaling === 'stable', 'our offer is answered');
    await call.offerFromPage();
    await seesItself(call);
    await sendBothWays(call, 'still here');
  });

  scenario('both offer at once, and we give way', {}, async (call) => {
    await call.page.evaluate(() => (window.call.insists = true));
    await glare(call);
    await call.page.evaluate(() => window.call.release());
    await call.until((page) => page.signaling === 'stable', 'the offer of the page is answered');
    await seesItself(call);
    await sendBothWays(call, 'still here');
  });

  scenario('sound and picture come back under AES-CM', { kinds: ['audio', 'video'], configuration: { aesCm: true } }, async (call) => {
    call.duet.tell({ do: 'loop' });
    await offerMedia(call, 'page');
    await call.connected();
    await seesItself(call);
    assert.equal((await call.duet.counts()).srtp, 1);
  });

  const kOnlyTcp = (candidate) => / tcp /i.test(candidate);
  scenario('UDP is not let through, and the browser connects to us',
    { configuration: { acceptsTcp: true }, passes: { duet: kOnlyTcp, page: kOnlyTcp } }, async (call) => {
      await openChannel(call, 'page');
      await sendBothWays(call, 'over TCP');
      const stats = await call.duet.stats();
      const { selectedCandidatePairId } = stats.find((one) => one.type === 'transport');
      const pair = stats.find((one) => one.id === selectedCandidatePairId);
      assert.equal(stats.find((one) => one.id === pair.localCandidateId).tcpType, 'passive');
    });

  // Which codec an answerer sends, the offer decides: ours prefers VP8.
  for (const codec of ['VP9', 'H264', 'AV1']) {
    scenario(`the browser offers: ${codec} comes back`, { kinds: ['audio', 'video'] }, async (call, report) => {
      const isKnown = await call.page.evaluate((name) => window.call.prefer(name), codec);
      if (!isKnown) return report.skip(`this browser has no encoder of ${codec}`);
      call.duet.tell({ do: 'loop' });
      await offerMedia(call, 'page');
      await call.connected();
      await seesItself(call);
      assert.equal((await call.stats()).codec, `video/${codec}`);
    });
  }

  return { scenario };
}
