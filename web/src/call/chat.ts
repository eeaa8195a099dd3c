// SPDX-License-Identifier: MIT
// Chat over the data channel labelled `chat`: UTF-8 text, bounded in length and number.

import { signal } from '@preact/signals';

/** Longest message, in UTF-16 units; longer ones are cut on sight. */
export const kMaxChatLength = 4_000;
/** Messages kept on the page; older ones go. */
export const kMaxChatMessages = 500;

export interface ChatMessage {
  id: number;
  from: 'me' | 'peer';
  text: string;
  at: number; // ms since the epoch
}

export class Chat {
  readonly messages = signal<ChatMessage[]>([]);
  readonly unread = signal(0);
  readonly open = signal(false);
  /** What is being written, also while the panel is closed. */
  readonly draft = signal('');
  private channel: RTCDataChannel | undefined;
  private nextId = 1;

  /** Called as this end offers: makes the channel that the other end then hears of. */
  create(pc: RTCPeerConnection): RTCDataChannel {
    const channel = pc.createDataChannel('chat');
    this.adopt(channel);
    return channel;
  }

  adopt(channel: RTCDataChannel): void {
    this.channel = channel;
    const update = () => {
      if (this.channel === channel) this.open.value = channel.readyState === 'open';
    };
    channel.addEventListener('open', update);
    channel.addEventListener('close', update);
    channel.addEventListener('message', (event) => {
      if (typeof event.data === 'string' && event.data !== '') this.add('peer', event.data);
    });
    update();
  }

  /** @returns false while there is no open channel, or nothing to say */
  send(text: string): boolean {
    const line = text.trim().slice(0, kMaxChatLength);
    if (line === '' || this.channel?.readyState !== 'open') return false;
    this.channel.send(line);
    this.add('me', line);
    return true;
  }

  read(): void {
    this.unread.value = 0;
  }

  clear(): void {
    this.messages.value = [];
    this.unread.value = 0;
    this.draft.value = '';
    this.open.value = false;
    this.channel = undefined;
  }

  private add(from: ChatMessage['from'], text: string): void {
    const message = { id: this.nextId++, from, text: text.slice(0, kMaxChatLength), at: Date.now() };
    this.messages.value = [...this.messages.value, message].slice(-kMaxChatMessages);
    if (from === 'peer') this.unread.value += 1;
  }
}
