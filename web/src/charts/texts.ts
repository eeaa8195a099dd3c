// SPDX-License-Identifier: MIT
// The words on the charts, in both languages; they load with them.

import { speaker } from '../i18n';

const en = {
  chart_bitrate: 'Bitrate (kbit/s)',
  chart_rtt: 'Round trip (ms)',
  chart_loss: 'Loss (%)',
  chart_jitter: 'Jitter (ms)',
  chart_fps: 'Frames per second',
  chart_in: 'in',
  chart_out: 'out',
} as const;

const zh: Record<keyof typeof en, string> = {
  chart_bitrate: '码率（kbit/s）',
  chart_rtt: '往返时间（毫秒）',
  chart_loss: '丢包率（%）',
  chart_jitter: '抖动（毫秒）',
  chart_fps: '帧率',
  chart_in: '收',
  chart_out: '发',
};

export const texts = { en, zh };
export type TextKey = keyof typeof en;
export const say = speaker(texts);
