// SPDX-License-Identifier: MIT
// How loud a track is, ten times a second, in a copy that stays open while the track is muted.

/** RMS from 0 to 1 on a scale on which normal speech moves (full scale at -10 dBFS). */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-10);
  return Math.min(1, Math.max(0, (decibels + 60) / 50));
}

/** Measures `track` until the returned function is called; without Web Audio it tells nothing. */
export function watchLevel(track: MediaStreamTrack, onLevel: (level: number) => void): () => void {
  if (typeof AudioContext === 'undefined') return () => undefined;
  const copy = track.clone();
  copy.enabled = true;
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  const samples = new Float32Array(analyser.fftSize);
  context.createMediaStreamSource(new MediaStream([copy])).connect(analyser);
  const timer = setInterval(() => {
    if (context.state === 'suspended') void context.resume().catch(() => undefined);
    analyser.getFloatTimeDomainData(samples);
    onLevel(loudness(samples));
  }, 100);
  return () => {
    clearInterval(timer);
    copy.stop();
    void context.close().catch(() => undefined);
  };
}

/** Three soft notes on the chosen loudspeaker. */
export async function playTestSound(speakerId: string): Promise<void> {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const element = new Audio();
  element.srcObject = out.stream;
  if (speakerId && 'setSinkId' in element) await element.setSinkId(speakerId).catch(() => undefined);
  await context.resume();
  [523.25, 659.25, 783.99].forEach((frequency, index) => {
    const start = context.currentTime + 0.05 + index * 0.22;
    const note = context.createOscillator();
    const gain = context.createGain();
    note.frequency.value = frequency;
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(0.25, start + 0.03);
    gain.gain.exponentialRampToValueAtTime(0.001, start + 0.4);
    note.connect(gain).connect(out);
    note.start(start);
    note.stop(start + 0.45);
  });
  await element.play().catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 1_300));
  element.srcObject = null;
  await context.close();
}
