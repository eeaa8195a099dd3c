// SPDX-License-Identifier: MIT
// When there is no call (any more): ended, full, moved or refused, and the one thing to do.

import type { Call } from '../call/session';
import { t } from '../i18n';
import { CopyButton, Heading, Link, Sheet, clock } from './parts';
import { stateSentence } from './status';

export function Ending({ call, onRejoin }: { call: Call; onRejoin: () => void }) {
  const { phase, duration } = call.state.value;
  return (
    <Sheet>
      <div class="card center" data-testid="ending" data-phase={phase}>
        <Heading>{phase === 'ended' ? t('ended') : t('room_is', { room: call.name })}</Heading>
        <p class="lead" data-testid="ending-why">{stateSentence(call)}</p>
        {phase === 'full' && <p class="hint">{t('full_hint')}</p>}
        {duration !== undefined && <p data-testid="duration">{t('lasted', { time: clock(duration) })}</p>}
        <button type="button" class="button primary block" data-testid="rejoin" onClick={onRejoin}>
          {t(phase === 'moved' ? 'take_back' : phase === 'ended' ? 'rejoin' : 'try_again')}
        </button>
        <div class="row">
          <Link href="/" class="button">{t('other_room')}</Link>
          <CopyButton text={() => call.diagnostics()} label="copy_report" testid="diagnostics" />
        </div>
      </div>
    </Sheet>
  );
}
