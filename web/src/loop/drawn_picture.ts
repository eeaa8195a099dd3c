// SPDX-License-Identifier: MIT
// A picture and a tone without devices, so that the lesson works on any machine.

/** A turning dial with a clock, ten frames a second, and a quiet tone; `stop` ends both. */
export function drawnMedia(): { stream: MediaStream; stop: () => void } {
  const canvas = document.createElement('canvas');
  canvas.width = 640;
  canvas.height = 360;
  const paint = canvas.getContext('2d')!;
  const began = performance.now();
  const draw = () => {
    const seconds = (performance.now() - began) / 1_000;
    paint.fillStyle = '#131a22';
    paint.fillRect(0, 0, 640, 360);
    paint.lineWidth = 18;
    for (const [radius, color, speed] of [[110, '#5eead4', 1], [80, '#818cf8', -1.6]] as const) {
      paint.strokeStyle = color;
      paint.beginPath();
      paint.arc(320, 180, radius, seconds * speed, seconds * speed + 4.4);
      paint.stroke();
    }
    paint.fillStyle = '#e6edf3';
    paint.font = '32px system-ui, sans-serif';
    paint.textAlign = 'center';
    paint.fillText(seconds.toFixed(1), 320, 191);
  };
  draw();
  const timer = setInterval(draw, 100);
  const stream = canvas.captureStream(10);
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const tone = context.createOscillator();
  const gain = context.createGain();
  gain.gain.value = 0.02;
  tone.connect(gain).connect(out);
  tone.start();
  for (const track of out.stream.getAudioTracks()) stream.addTrack(track);
  return {
    stream,
    stop() {
      clearInterval(timer);
      for (const track of stream.getTracks()) track.stop();
      void context.close().catch(() => undefined);
    },
  };
}
