// SPDX-License-Identifier: MIT
// An SDP with a word on the lines that a beginner asks about.

import { t, type Key } from '../i18n';

const kGlossary: readonly [RegExp, Key][] = [
  [/^o=/, 'line_o'],
  [/^m=/, 'line_m'],
  [/^a=group:BUNDLE/, 'line_group'],
  [/^a=mid:/, 'line_mid'],
  [/^a=ice-ufrag:/, 'line_ufrag'],
  [/^a=ice-pwd:/, 'line_pwd'],
  [/^a=fingerprint:/, 'line_fingerprint'],
  [/^a=setup:/, 'line_setup'],
  [/^a=rtpmap:/, 'line_rtpmap'],
  [/^a=candidate:/, 'line_candidate'],
  [/^a=(sendrecv|sendonly|recvonly|inactive)/, 'line_direction'],
  [/^a=ssrc:/, 'line_ssrc'],
];

/** The key of the sentence that explains a line; nothing for lines that need none. */
export const glossaryOf = (line: string): Key | undefined => kGlossary.find(([pattern]) => pattern.test(line))?.[1];

export function SdpText({ sdp }: { sdp: string }) {
  const told = new Set<Key>();
  return (
    <div class="sdp" tabIndex={0} role="group" aria-label="SDP">
      {sdp.split(/\r?\n/).map((line, index) => {
        const key = glossaryOf(line);
        const first = key !== undefined && !told.has(key);
        if (first) told.add(key);
        return (
          <div key={index} class={key ? 'known' : ''} title={key ? t(key) : undefined}>
            <code>{line}</code>
            {first && <small>{t(key)}</small>}
          </div>
        );
      })}
    </div>
  );
}
