// SPDX-License-Identifier: MIT
// The icons in use, drawn as inline SVG; the text beside them or an aria-label names the button.

import {
  Check, Copy, Ellipsis, House, Keyboard, Maximize, MessageSquare, Mic, MicOff, MonitorUp,
  PhoneOff, PictureInPicture2, RefreshCw, SendHorizontal, Settings2, Share2, ShieldCheck, Video,
  VideoOff, Volume2, Workflow, X, type IconNode,
} from 'lucide';
import { h } from 'preact';

const icons = {
  check: Check, copy: Copy, more: Ellipsis, home: House, keyboard: Keyboard,
  fullscreen: Maximize, chat: MessageSquare, mic: Mic, micOff: MicOff, screen: MonitorUp,
  hangUp: PhoneOff, pip: PictureInPicture2, refresh: RefreshCw, send: SendHorizontal,
  settings: Settings2, share: Share2, shield: ShieldCheck, camera: Video, cameraOff: VideoOff,
  speaker: Volume2, explain: Workflow, close: X,
} satisfies Record<string, IconNode>;

export type IconName = keyof typeof icons;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {icons[name].map(([tag, attributes]) => h(tag, attributes))}
    </svg>
  );
}
