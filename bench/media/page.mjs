// SPDX-License-Identifier: MIT
// What runs in the pages of the peers; puppeteer takes each function by itself into a page.

/** A connection of this page, and all that is counted of it, as `window.end`. */
export function makeEnd() {
  const connection = new RTCPeerConnection();
  const end = { connection, samples: [], targets: [], frames: [], candidates: [] };
  window.end = end;
  connection.onicecandidate = ({ candidate }) => window.tell('candidate', JSON.stringify(candidate));
  connection.ontrack = ({ track, streams }) => {
    if (track.kind !== 'video') return;
    const video = document.createElement('video');
    Object.assign(video, { srcObject: streams[0], autoplay: true, playsInline: true, muted: true });
    document.body.append(video);
    let last;
    const look = (at, { presentationTime, captureTime, width, height }) => {
      end.firstFrame ??= at;
      end.frames.push({ at: presentationTime, gap: last && presentationTime - last, latency: captureTime && presentationTime - captureTime, width, height });
      last = presentationTime;
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
    new Audio().srcObject = streams[0];
  };
  const before = { frames: 0, bytes: 0, concealed: 0, heard: 0, at: performance.now() };
  const look = async () => {
    const stats = [...(await connection.getStats()).values()];
    const at = performance.now();
    const find = (type, kind) => stats.find((one) => one.type === type && one.kind === kind);
    const out = find('outbound-rtp', 'video');
    if (out?.targetBitrate) end.targets.push({ at, bps: out.targetBitrate, height: out.frameHeight, fps: out.framesPerSecond });
    const pictures = find('inbound-rtp', 'video');
    const sound = find('inbound-rtp', 'audio');
    if (!pictures) return;
    const now = {
      frames: pictures.framesDecoded ?? 0,
      bytes: pictures.bytesReceived - (pictures.retransmittedBytesReceived ?? 0) - (pictures.fecBytesReceived ?? 0),
      concealed: (sound?.concealedSamples ?? 0) - (sound?.silentConcealedSamples ?? 0),
      heard: sound?.totalSamplesReceived ?? 0,
      at,
    };
    const time = (now.at - before.at) / 1000;
    end.samples.push({
      at,
      width: pictures.frameWidth ?? 0,
      height: pictures.frameHeight ?? 0,
      fps: (now.frames - before.frames) / time,
      bps: ((now.bytes - before.bytes) * 8) / time,
      freezes: pictures.freezeCount ?? 0,
      concealed: now.concealed - before.concealed,
      heard: now.heard - before.heard,
    });
    Object.assign(before, now);
  };
  setInterval(look, 100);
}

/** With the fake camera and microphone; the offer. */
export async function offer() {
  const { connection } = window.end;
  const stream = window.stream ?? (await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 1280, height: 720, frameRate: 30 } }));
  window.started = performance.now();
  for (const track of stream.getTracks()) connection.addTrack(track, stream);
  for (const transceiver of connection.getTransceivers()) {
    if (transceiver.sender.track.kind !== 'video') continue;
    const codecs = RTCRtpReceiver.getCapabilities('video').codecs;
    const first = ['video/VP8', 'video/rtx'];
    transceiver.setCodecPreferences([...codecs.filter(({ mimeType }) => first.includes(mimeType)), ...codecs.filter(({ mimeType }) => !first.includes(mimeType))]);
  }
  await connection.setLocalDescription();
  return connection.localDescription.sdp;
}

/** Opens the devices, so that they aren't part of what is measured. */
export async function warm() {
  window.stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 1280, height: 720, frameRate: 30 } });
}

export async function answer(sdp) {
  const { connection, candidates } = window.end;
  await connection.setRemoteDescription({ type: 'offer', sdp });
  for (const candidate of candidates.splice(0)) await connection.addIceCandidate(candidate);
  await connection.setLocalDescription();
  return connection.localDescription.sdp;
}

export async function accept(sdp) {
  const { connection, candidates } = window.end;
  await connection.setRemoteDescription({ type: 'answer', sdp });
  for (const candidate of candidates.splice(0)) await connection.addIceCandidate(candidate);
}

export async function addCandidate(text) {
  const candidate = JSON.parse(text);
  const { connection, candidates } = window.end;
  if (!candidate) return;
  if (connection.remoteDescription) await connection.addIceCandidate(candidate);
  else candidates.push(candidate);
}

/** Both ends in this page; looped() tells how it goes */
export async function loop() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 1280, height: 720, frameRate: 30 } });
  const [one, other] = [new RTCPeerConnection(), new RTCPeerConnection()];
  one.onicecandidate = ({ candidate }) => candidate && other.addIceCandidate(candidate);
  other.onicecandidate = ({ candidate }) => candidate && one.addIceCandidate(candidate);
  other.ontrack = ({ track, streams }) => {
    const element = document.createElement(track.kind);
    Object.assign(element, { srcObject: streams[0], autoplay: true, muted: track.kind === 'video' });
    document.body.append(element);
  };
  for (const track of stream.getTracks()) one.addTrack(track, stream);
  await one.setLocalDescription();
  await other.setRemoteDescription(one.localDescription);
  await other.setLocalDescription();
  await one.setRemoteDescription(other.localDescription);
  window.other = other;
}

/** What the receiving end of loop() shows. */
export async function looped() {
  const stats = [...(await window.other.getStats()).values()];
  const { frameHeight, framesPerSecond, framesDecoded } = stats.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video') ?? {};
  return { height: frameHeight ?? 0, fps: framesPerSecond ?? 0, frames: framesDecoded ?? 0 };
}

export function collect() {
  const { samples, targets, frames, firstFrame } = window.end;
  return { samples, targets, frames, firstFrame, started: window.started };
}
