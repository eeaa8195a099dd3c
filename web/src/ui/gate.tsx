// SPDX-License-Identifier: MIT
// Shown on a page without HTTPS, where browsers give no camera: the one way on, and chat without.

import { t } from '../i18n';
import { Icon } from './icon';
import { Heading, Link, QrCode, Sheet } from './parts';

export function Gate({ room, onChatOnly }: { room: string; onChatOnly: () => void }) {
  const secure = `https://${location.host}${location.pathname}`;
  return (
    <Sheet>
      <div class="card center">
        <Icon name="shield" />
        <Heading>{t('room_is', { room })}</Heading>
        <p role="status">{t('insecure')}</p>
        <a class="button primary block" data-testid="open-secure" href={secure}>{t('open_secure')}</a>
        <QrCode text={secure} label={t('qr_secure')} />
        <p class="hint break">{secure}</p>
        <div class="row">
          <button type="button" class="button" data-testid="chat-only" onClick={onChatOnly}>{t('chat_only')}</button>
          <Link href="/ca" class="button">{t('trust_link')}</Link>
        </div>
      </div>
    </Sheet>
  );
}
