// SPDX-License-Identifier: MIT
// A plain caller in a browser's empty page: its tracks, codecs and offers are a test's to choose.

import { pictures } from './native_picture.mjs';

export const kSent = { width: 320, height: 180, fps: 15, toneHz: 1000 };

/** Runs in the page: window.caller takes a seat, and negotiates as W3C webrtc #perfect-negotiation-example does. */
function install(sent) {
  const { paint, read, psnr } = window.testPictures;
  const caller = { seen: [], states: [], errors: [], texts: [], peers: [], over: false };
  window.caller = caller;
  let socket;
  let polite = true;
  let makingOffer = false;
  let ignoring = false;
  let queue = Promise.resolve();
  let wanted = {};
  const say = (message) => socket.emit('message', message);
  const later = (task) => (queue = queue.then(task).catch((error) => caller.errors.push(String(error))));

  caller.picture = (counted = 0) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: sent.width, height: sent.height });
    const context = canvas.getContext('2d');
    const image = context.createImageData(sent.width, sent.height);
    let counter = counted;
    setInterval(() => {
      const luma = paint(counter, sent.width, sent.height);
      for (let i = 0; i < luma.length; i += 1) image.data.set([luma[i], luma[i], luma[i], 255], i * 4);
      context.putImageData(image, 0, 0);
      counter += 1;
    }, 1000 / sent.fps);
    context.fillRect(0, 0, 1, 1); // Firefox captures no canvas that was never drawn on
    return canvas.captureStream(sent.fps).getVideoTracks()[0];
  };
  /** Firefox without a sound card runs no AudioContext, but its fake microphone has this very tone. */
  caller.tone = async () => {
    if ('mozPaintedFrames' in HTMLVideoElement.prototype) {
      return (await navigator.mediaDevices.getUserMedia({ audio: true })).getAudioTracks()[0];
    }
    caller.audio ??= new AudioContext();
    const tone = new OscillatorNode(caller.audio, { frequency: sent.toneHz });
    const end = caller.audio.createMediaStreamDestination();
    tone.connect(new GainNode(caller.audio, { gain: 0.25 })).connect(end);
    tone.start();
    return end.stream.getAudioTracks()[0];
  };
  caller.track = async (kind) => (kind === 'audio' ? caller.tone() : caller.picture());

  /** What is shown, picture by picture: its counter, and how near it is to what was sent. */
  const watch = (track) => {
    const video = Object.assign(document.createElement('video'), { autoplay: true, muted: true, srcObject: new MediaStream([track]) });
    document.body.append(video);
    const canvas = document.createElement('canvas');
    let last = -1;
    setInterval(() => {
      if (!video.videoWidth || video.currentTime === last) return;
      last = video.currentTime;
      const [width, height] = [video.videoWidth, video.videoHeight];
      Object.assign(canvas, { width, height });
      const context = canvas.getContext('2d', { willReadFrequently: true });
      context.drawImage(video, 0, 0);
      const { data } = context.getImageData(0, 0, width, height);
      const luma = new Uint8Array(width * height);
      for (let i = 0; i < luma.length; i += 1) luma[i] = data[i * 4 + 1];
      const counter = read(luma, width, height);
      if (counter === undefined || caller.seen.at(-1)?.counter === counter) return;
      caller.seen.push({ counter, width, psnr: psnr(luma, paint(counter, width, height)) });
    }, 30);
  };
  const listen = (track) => {
    const stream = new MediaStream([track]);
    document.body.append(Object.assign(document.createElement('audio'), { autoplay: true, muted: true, srcObject: stream }));
    caller.ear?.stop();
    const parts = [];
    caller.ear = new MediaRecorder(stream);
    caller.ear.ondataavailable = ({ data }) => parts.push(data);
    caller.ear.start(100);
    caller.ear.parts = parts;
  };
  /** What was heard, as a file in base64. */
  caller.sound = async () => {
    const { ear } = caller;
    const stopped = new Promise((resolve) => (ear.onstop = resolve));
    ear.stop();
    await stopped;
    const bytes = new Uint8Array(await new Blob(ear.parts).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  };

  const adopt = (channel) => {
    caller.channel = channel;
    channel.onmessage = ({ data }) => caller.texts.push(data);
  };
  const makePeer = () => {
    caller.pc?.close();
    const pc = new RTCPeerConnection();
    caller.pc = pc;
    caller.peers.push(pc);
    pc.onicecandidate = ({ candidate }) => candidate && say({ type: 'candidate', ...candidate.toJSON() });
    pc.onconnectionstatechange = () => caller.states.push(pc.connectionState);
    pc.ondatachannel = ({ channel }) => adopt(channel);
    pc.ontrack = ({ track }) => (track.kind === 'video' ? watch : listen)(track);
    pc.onnegotiationneeded = () => pc.remoteDescription && caller.offer();
  };
  /** Puts onto the connection what is wanted; once. */
  const equip = async (mayOffer) => {
    const { pc } = caller;
    if (mayOffer && wanted.data) adopt(pc.createDataChannel('chat'));
    for (const kind of wanted.send ?? []) {
      if (!pc.getSenders().some(({ track }) => track?.kind === kind)) pc.addTrack(await caller.track(kind), new MediaStream());
    }
    for (const kind of (mayOffer && wanted.receive) || []) pc.addTransceiver(kind, { direction: 'recvonly' });
    if (!wanted.audioCodecs || !mayOffer) return;
    const { codecs } = RTCRtpReceiver.getCapabilities('audio');
    const alone = wanted.audioCodecs.map((name) => codecs.find(({ mimeType }) => mimeType.toLowerCase() === `audio/${name}`));
    for (const each of pc.getTransceivers()) if (each.receiver.track.kind === 'audio') each.setCodecPreferences(alone);
  };
  /** Of another one's sound only these codecs, in this order: preferences of who answers don't bind what it sends. */
  const only = (names, sdp) => {
    const inOrder = (section) => {
      const known = Object.fromEntries([...section.matchAll(/^a=rtpmap:(\d+) ([^/\s]+)/gm)].map(([, type, name]) => [type, name.toLowerCase()]));
      const rank = (type) => names.indexOf(known[type]);
      const lines = section.split('\r\n').filter((line) => {
        const type = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+)/.exec(line)?.[1];
        return type === undefined || rank(type) >= 0;
      });
      const words = lines[0].split(' ');
      const types = words.slice(3).filter((type) => rank(type) >= 0).sort((one, other) => rank(one) - rank(other));
      return [[...words.slice(0, 3), ...types].join(' '), ...lines.slice(1)].join('\r\n');
    };
    return sdp.split(/^(?=m=)/m).map((section) => (section.startsWith('m=audio') ? inOrder(section) : section)).join('');
  };
  caller.offer = () =>
    later(async () => {
      try {
        makingOffer = true;
        await caller.pc.setLocalDescription();
        if (caller.pc.signalingState !== 'have-local-offer') return;
        say({ type: 'offer', sdp: caller.pc.localDescription.sdp });
      } finally {
        makingOffer = false;
      }
    });
  const take = async (message) => {
    const { pc } = caller;
    if (message.type === 'candidate') {
      if (!message.candidate) return;
      const { candidate, sdpMid, sdpMLineIndex } = message;
      return pc.addIceCandidate({ candidate, sdpMid, sdpMLineIndex }).catch((error) => {
        if (!ignoring) throw error;
      });
    }
    const collides = message.type === 'offer' && (makingOffer || pc.signalingState !== 'stable');
    ignoring = !polite && collides;
    if (ignoring) return;
    await pc.setRemoteDescription({ type: message.type, sdp: wanted.audioCodecs ? only(wanted.audioCodecs, message.sdp) : message.sdp });
    if (message.type === 'answer' && wanted.later) {
      for (const kind of wanted.later) pc.addTrack(await caller.track(kind), new MediaStream());
      wanted.later = undefined;
    }
    if (message.type !== 'offer') return;
    await equip(false);
    await pc.setLocalDescription();
    say({ type: 'answer', sdp: pc.localDescription.sdp });
  };

  /**
   * @param options.send, options.receive  the kinds of tracks; options.data: a channel
   * @param options.later                  the kinds of tracks that join at the first answer
   * @param options.audioCodecs            the only ones of sound, in lower case, the first preferred
   */
  caller.join = (room, options) => {
    wanted = options;
    socket = window.io({ transports: ['websocket'] });
    socket.on('join', () => {
      polite = false;
      makePeer();
      later(() => equip(true));
      caller.offer();
    });
    socket.on('joined', () => makePeer());
    socket.on('message', (message) => {
      if (message === 'bye') caller.over = true;
      else if (['offer', 'answer', 'candidate'].includes(message.type)) later(() => take(message));
    });
    return new Promise((resolve) => {
      socket.on('created', () => resolve('created'));
      socket.on('joined', () => resolve('joined'));
      socket.emit('create or join', room, { name: 'plain' });
    });
  };
  caller.leave = () => (say('bye'), socket.disconnect());
  /** The codecs that are in use, by direction and kind, and what was counted of them. */
  caller.figures = async () => {
    const all = [...(await caller.pc.getStats()).values()];
    const figures = {};
    for (const one of all) {
      if (one.type !== 'inbound-rtp' && one.type !== 'outbound-rtp') continue;
      const name = `${one.type === 'inbound-rtp' ? 'received' : 'sent'}_${one.kind}`;
      const packets = one.packetsReceived ?? one.packetsSent ?? 0;
      if (figures[name]?.packets > packets) continue;
      figures[name] = { packets, decoded: one.framesDecoded, codec: all.find(({ id }) => id === one.codecId)?.mimeType.split('/')[1].toUpperCase() };
    }
    return figures;
  };
}

export class Caller {
  /** A tab of its own with a caller that has no seat yet. */
  static async open(browser, origin) {
    const caller = new Caller();
    caller.context = await browser.createBrowserContext();
    await caller.context.overridePermissions?.(origin, ['camera', 'microphone']).catch(() => undefined);
    caller.page = await caller.context.newPage();
    await caller.page.goto(`${origin}/healthz`);
    await caller.page.addScriptTag({ url: `${origin}/socket.io/socket.io.js` });
    await caller.page.evaluate(`window.testPictures = (${pictures})()`);
    await caller.page.evaluate(`(${install})(${JSON.stringify(kSent)})`);
    return caller;
  }

  join(room, options) {
    return this.page.evaluate((...all) => window.caller.join(...all), room, options);
  }

  /** Waits until `holds`, run in the page with window.caller, is true. */
  async until(holds, what, within = 15_000) {
    try {
      await this.page.waitForFunction(`(${holds})(window.caller)`, { timeout: within, polling: 50 });
    } catch (error) {
      throw new Error(`not within ${within} ms: ${what ?? holds}\n${await this.tell()}`, { cause: error });
    }
  }

  run(what) {
    return this.page.evaluate(`(${what})(window.caller)`);
  }

  /** What it knows; only values that can be copied. */
  async tell() {
    const known = await this.run(async (caller) => ({
      figures: caller.pc && (await caller.figures()), states: caller.states, errors: caller.errors,
      seen: caller.seen.slice(-5), signaling: caller.pc?.signalingState,
      transceivers: caller.pc?.getTransceivers().map((one) => `${one.mid} ${one.receiver.track.kind} ${one.direction} ${one.currentDirection}`),
    }));
    return JSON.stringify(known, null, 1);
  }

  async close() {
    await this.context.close().catch(() => undefined);
  }
}
