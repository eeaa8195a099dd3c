// SPDX-License-Identifier: MIT
// Files that a native call sends and records: known pictures in, and what was stored of others'.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pictures } from './native_picture.mjs';

const { paint, read, psnr } = pictures();
const kRate = 48_000; // Hz
const kMost = 256 * 1024 * 1024; // bytes out of a program
const onLine = (luma) => 16 + (219 / 255) * luma; // as studios have it: 16 is black, 235 white

export async function inFolder(story) {
  const folder = mkdtempSync(join(tmpdir(), 'duet-native-'));
  try {
    await story(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file without loss: pictures that pictures().paint() knows, and a tone. @returns its path */
export function makeKnown(folder, { width, height, fps, seconds, toneHz }) {
  const file = join(folder, 'known.mkv');
  const grey = Buffer.alloc((width * height) / 2, 128);
  const raw = [];
  for (let counter = 0; counter < fps * seconds; counter += 1) {
    raw.push(Buffer.from(paint(counter, width, height).map((luma) => Math.round(onLine(luma)))), grey);
  }
  execFileSync('ffmpeg', [
    '-v', 'error', '-y', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${width}x${height}`, '-r', String(fps), '-i', '-',
    '-f', 'lavfi', '-i', `sine=frequency=${toneHz}:sample_rate=${kRate}:duration=${seconds}`,
    '-c:v', 'ffv1', '-c:a', 'pcm_s16le', '-shortest', file,
  ], { input: Buffer.concat(raw) });
  return file;
}

/** @returns the streams and the length of a file, every picture counted; throws if it doesn't decode */
export function probe(file) {
  execFileSync('ffmpeg', ['-v', 'error', '-xerror', '-i', file, '-f', 'null', '-']);
  const told = JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-of', 'json', '-show_streams', '-show_format', '-count_frames', file]));
  const of = (kind) => told.streams.find(({ codec_type }) => codec_type === kind);
  return { video: of('video'), audio: of('audio'), frames: Number(of('video')?.nb_read_frames ?? 0), seconds: Number(told.format.duration) };
}

/** The marked pictures of a recording: [{counter, psnr}], the latter against what was painted. */
export function recordedPictures(file, { width, height }) {
  const raw = execFileSync('ffmpeg', [
    '-v', 'fatal', '-i', file, '-fps_mode', 'passthrough', '-an', '-vf', `scale=${width}:${height}`, '-pix_fmt', 'yuv420p', '-f', 'rawvideo', '-',
  ], { maxBuffer: kMost });
  const seen = [];
  for (let at = 0; at < raw.length; at += (width * height * 3) / 2) {
    const whole = raw.subarray(at, at + width * height);
    const counter = read(whole, width, height);
    if (counter === undefined) continue;
    // Chromium sends a canvas in the whole range, 0 to 255, and VP8 has no word for it.
    const usual = Uint8ClampedArray.from(whole, (value) => ((value - 16) * 255) / 219);
    const painted = paint(counter, width, height);
    seen.push({ counter, psnr: Math.max(psnr(whole, painted), psnr(usual, painted)) });
  }
  return seen;
}

/** The tone of the last `seconds` of a recording: rising zero crossings a second, and its level, 0 to 1. */
export function recordedTone(file, seconds = 1) {
  const raw = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-vn', '-ac', '1', '-ar', String(kRate), '-f', 'f32le', '-'], { maxBuffer: kMost });
  const all = new Float32Array(raw.buffer, raw.byteOffset, Math.floor(raw.length / 4));
  const sound = all.subarray(Math.max(0, all.length - kRate * (seconds + 0.2)), all.length - kRate * 0.2);
  let rises = 0;
  let power = 0;
  for (let i = 1; i < sound.length; i += 1) {
    if (sound[i - 1] < 0 && sound[i] >= 0) rises += 1;
    power += sound[i] ** 2;
  }
  return { hz: (rises * kRate) / sound.length, level: Math.sqrt(power / Math.max(1, sound.length)) };
}
