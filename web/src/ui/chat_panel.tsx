// SPDX-License-Identifier: MIT
// The chat's messages and the line to write the next one.

import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { kMaxChatLength } from '../call/chat';
import type { Call } from '../call/session';
import { language, t } from '../i18n';
import { Icon } from './icon';
import { Drawer } from './parts';

export function ChatPanel({ call, onClose }: { call: Call; onClose: () => void }) {
  const { chat } = call;
  const text = useSignal('');
  const list = useRef<HTMLDivElement>(null);
  useSignalEffect(() => {
    if (chat.unread.value > 0) chat.read();
  });
  useEffect(() => list.current?.scrollTo(0, list.current.scrollHeight), [chat.messages.value.length]);
  const peer = call.peerMedia.value?.name || t('peer');
  // What is said over a dead path is lost when another one is found.
  const open = chat.open.value && call.phase.value !== 'reconnecting';
  const send = (event: Event) => {
    event.preventDefault();
    if (open && chat.send(text.value)) text.value = '';
  };
  const time = new Intl.DateTimeFormat(language.value, { hour: '2-digit', minute: '2-digit' });
  return (
    <Drawer title={t('chat')} testid="chat" onClose={onClose}>
      <div ref={list} class="messages" role="log" aria-label={t('chat')} tabIndex={0}>
        {chat.messages.value.length === 0 && <p class="hint">{t('chat_empty')}</p>}
        {chat.messages.value.map((message) => (
          <div key={message.id} class={`message ${message.from}`} data-testid="message">
            <small>{message.from === 'me' ? t('you') : peer} · {time.format(message.at)}</small>
            <p>{message.text}</p>
          </div>
        ))}
      </div>
      <form class="chat-line" onSubmit={send}>
        <input
          data-autofocus data-testid="chat-input" aria-label={t('chat_placeholder')} maxLength={kMaxChatLength}
          placeholder={open ? t('chat_placeholder') : t('chat_closed')} autocomplete="off"
          value={text.value} onInput={(event) => (text.value = event.currentTarget.value)}
        />
        <button type="submit" class="round accent" data-testid="chat-send" aria-label={t('send')} disabled={!open}>
          <Icon name="send" />
        </button>
      </form>
    </Drawer>
  );
}
