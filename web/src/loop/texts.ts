// SPDX-License-Identifier: MIT
// The sentences of the lesson, in both languages; they load with it.

import { speaker } from '../i18n';

const en = {
  loop_title: 'A call inside one page',
  loop_intro: 'Both ends live in this tab: what usually passes through a server passes here from hand to hand. Press the three buttons in turn and watch.',
  loop_start: 'Start',
  loop_call: 'Call',
  loop_hangup: 'Hang up',
  loop_local: 'Local end',
  loop_remote: 'Remote end',
  loop_fake: 'No camera here, so a drawn picture is sent instead.',
  loop_idle: 'Press Start.',
  loop_asking: 'The browser asks for your camera and microphone. Choose Allow.',
  loop_started: 'Local media is open. Press Call.',
  loop_calling: 'Calling…',
  loop_connected: 'Connected.',
  loop_failed: 'The two ends found no way to each other. Hang up, and start again.',
  loop_ended: 'Hung up.',
} as const;

const zh: Record<keyof typeof en, string> = {
  loop_title: '一个页面里的通话',
  loop_intro: '通话的两端都在这个标签页里：平时经服务器传递的内容，在这里直接递交。依次按下三个按钮，看看会发生什么。',
  loop_start: '开始',
  loop_call: '呼叫',
  loop_hangup: '挂断',
  loop_local: '本地端',
  loop_remote: '远端',
  loop_fake: '没有摄像头，改为发送绘制的画面。',
  loop_idle: '请按“开始”。',
  loop_asking: '浏览器正在询问能否使用摄像头和麦克风，请选择“允许”。',
  loop_started: '本地媒体已打开，请按“呼叫”。',
  loop_calling: '正在呼叫……',
  loop_connected: '已接通。',
  loop_failed: '两端之间没有找到可用的路径。请挂断后重新开始。',
  loop_ended: '已挂断。',
};

export const texts = { en, zh };
export type TextKey = keyof typeof en;
export const say = speaker(texts);
