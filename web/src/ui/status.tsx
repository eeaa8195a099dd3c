// SPDX-License-Identifier: MIT
// The sentence of every state, said aloud once by a live region, and banners for what is wrong.

import type { Call } from '../call/session';
import { t, type Key } from '../i18n';
import { inMedia } from '../call/state';

export function stateSentence(call: Call): string {
  const { phase, why } = call.state.value;
  switch (phase) {
    case 'green':
      return t('green_title');
    case 'connecting':
      return t(call.slowStart.value ? 'ice_checking_slow' : 'connecting');
    case 'reconnecting':
      return t(why ?? phase);
    case 'live':
      return call.path.value === 'relay' ? t('relayed') : `${t('live')} ${call.path.value ? t(`path_${call.path.value}`) : ''}`;
    case 'ended':
    case 'refused':
      return t(why ?? (phase === 'ended' ? 'ended' : 'refused_other'));
    default:
      return t(phase);
  }
}

/** The state for screen readers, without a countdown, since each second would be read. */
export function Announcer({ call }: { call: Call }) {
  return (
    <div class="sr-only" role="status" aria-live="polite" data-testid="announcer">{stateSentence(call)}</div>
  );
}

export function Banners({ call }: { call: Call }) {
  const { signaling, draining, phase } = call.state.value;
  let key: Key | undefined;
  if (draining) key = inMedia(phase) ? 'draining' : 'draining_alone';
  else if (signaling === 'blocked') key = 'sig_blocked';
  else if (signaling === 'down') key = inMedia(phase) ? 'sig_down' : 'sig_down_alone';
  return (
    <div class="banners" role="status" data-testid="banner">
      {key && <p class="banner" data-key={key}>{t(key)}</p>}
    </div>
  );
}
