// SPDX-License-Identifier: MIT
// The browser's end: a plain RTCPeerConnection in an empty page.

/** Runs in the page: window.call is the call, window.toDuet signals. */
export function install() {
  const call = { texts: [], bytes: 0, closed: false, states: [], errors: [], tracks: [], trickles: true, insists: false };
  window.call = call;
  let queue = Promise.resolve();

  call.start = ({ trickles }) => {
    call.trickles = trickles;
    const pc = new RTCPeerConnection();
    call.pc = pc;
    pc.onicecandidate = ({ candidate }) => {
      if (!candidate || !call.trickles) return;
      const line = { type: 'candidate', candidate: candidate.toJSON() };
      if (call.held) call.held.push(line);
      else window.toDuet(line);
    };
    pc.onconnectionstatechange = () => call.states.push(pc.connectionState);
    pc.ondatachannel = ({ channel }) => call.adopt(channel);
    pc.ontrack = ({ track }) => {
      call.tracks.push(track.kind);
      const player = document.createElement(track.kind);
      player.autoplay = true;
      player.muted = true;
      player.srcObject = new MediaStream([track]);
      document.body.append(player);
    };
  };
  call.adopt = (channel) => {
    call.channel = channel;
    channel.binaryType = 'arraybuffer';
    channel.onmessage = ({ data }) => {
      if (typeof data === 'string') call.texts.push(data);
      else call.bytes += data.byteLength;
    };
    channel.onclose = () => (call.closed = true);
  };
  call.add = async (kinds) => {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: kinds.includes('audio'),
      video: kinds.includes('video') && { width: 320, height: 240 },
    });
    for (const track of stream.getTracks()) call.pc.addTrack(track, stream);
  };
  /** An offer that nobody hears of before release(): its candidates wait too, and end with it if it is given up. */
  call.holdOffer = () => {
    call.held = [];
    return call.pc.setLocalDescription();
  };
  call.release = () => {
    for (const line of [call.pc.localDescription.toJSON(), ...call.held]) window.toDuet(line);
    call.held = undefined;
  };
  /** From now on pictures are sent in this codec, if both can. False if the browser can't. */
  call.prefer = (codec) => {
    const mime = `video/${codec}`;
    const { codecs } = RTCRtpReceiver.getCapabilities('video');
    if (!RTCRtpSender.getCapabilities('video').codecs.some((one) => one.mimeType === mime)) return false;
    const first = codecs.filter((one) => one.mimeType === mime);
    for (const transceiver of call.pc.getTransceivers()) {
      if (transceiver.receiver.track.kind === 'video') {
        transceiver.setCodecPreferences([...first, ...codecs.filter((one) => !first.includes(one))]);
      }
    }
    return true;
  };
  call.describe = async () => {
    const { pc } = call;
    await pc.setLocalDescription();
    while (!call.trickles && pc.iceGatheringState !== 'complete') {
      await new Promise((resolve) => pc.addEventListener('icegatheringstatechange', resolve, { once: true }));
    }
    window.toDuet(pc.localDescription.toJSON());
  };
  /** What the other end signals, in its order. */
  call.take = (line) => {
    queue = queue
      .then(async () => {
        if (line.type === 'candidate') return call.pc.addIceCandidate(line.candidate);
        const givesWay = line.type === 'offer' && call.pc.signalingState === 'have-local-offer';
        if (givesWay && call.insists) return undefined;
        await call.pc.setRemoteDescription(line);
        if (givesWay) call.held = undefined; // with what was gathered for the own offer until now
        if (line.type === 'offer') await call.describe();
      })
      .catch((error) => call.errors.push(`${line.type}: ${error.message}`));
  };
  call.stats = async () => {
    const all = [...(await call.pc.getStats()).values()];
    const inbound = (kind) => all.find((one) => one.type === 'inbound-rtp' && one.kind === kind) ?? {};
    const outbound = (kind) => all.find((one) => one.type === 'outbound-rtp' && one.kind === kind) ?? {};
    const transport = all.find((one) => one.type === 'transport') ?? {};
    return {
      framesDecoded: inbound('video').framesDecoded ?? 0,
      audioPackets: inbound('audio').packetsReceived ?? 0,
      codec: all.find((one) => one.id === inbound('video').codecId)?.mimeType,
      sent: { audio: outbound('audio').packetsSent, video: outbound('video').packetsSent },
      videoLost: inbound('video').packetsLost ?? 0,
      width: document.querySelector('video')?.videoWidth ?? 0,
      srtp: transport.srtpCipher,
      dtls: transport.dtlsCipher,
    };
  };
}
