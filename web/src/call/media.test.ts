// SPDX-License-Identifier: MIT
// Level meter, device failures and the safety number.
import { describe, expect, test } from 'vitest';
import { loudness } from './level';
import { mediaProblem, missingApi } from './media_errors';
import { fingerprintOf, safetyNumber } from './safety';

describe('a failure of getUserMedia', () => {
  test.each([
    ['NotAllowedError', 'Permission denied', 'video', 'gum_denied'],
    ['NotAllowedError', 'Permission denied by system', 'video', 'gum_denied_os'],
    ['NotAllowedError', 'disallowed by permissions policy', 'audio', 'gum_policy'],
    ['NotFoundError', '', 'video', 'gum_none_cam'],
    ['NotFoundError', '', 'audio', 'gum_none_mic'],
    ['NotReadableError', '', 'video', 'gum_busy'],
    ['AbortError', '', 'audio', 'gum_busy'],
    ['OverconstrainedError', '', 'video', 'gum_constraint'],
    ['SecurityError', '', 'video', 'gum_policy'],
    ['TypeError', '', 'video', 'gum_unknown'],
  ] as const)('%s "%s" for %s is %s', (name, message, kind, expected) => {
    expect(mediaProblem({ name, message }, kind)).toBe(expected);
  });

  test('is told before it happens where the browser has nothing to ask', () => {
    expect(missingApi({ secure: false, present: false })).toBe('insecure');
    expect(missingApi({ secure: true, present: false })).toBe('gum_unsupported');
    expect(missingApi({ secure: true, present: true })).toBeUndefined();
  });

  test('may be no error object at all', () => {
    expect(mediaProblem(undefined, 'audio')).toBe('gum_unknown');
  });
});

test('loudness goes from silence to full scale', () => {
  expect(loudness(new Float32Array(1_024))).toBe(0);
  expect(loudness(new Float32Array(1_024).fill(1))).toBe(1);
  const speech = loudness(new Float32Array(1_024).fill(0.05));
  expect(speech).toBeGreaterThan(0.5);
  expect(speech).toBeLessThan(0.8);
});

describe('the safety number', () => {
  const sdp = 'v=0\r\na=fingerprint:sha-256 ab:CD:01\r\n';

  test('reads the fingerprint in one form', () => {
    expect(fingerprintOf(sdp)).toBe('sha-256 ABCD01');
    expect(fingerprintOf('v=0\r\n')).toBeUndefined();
  });

  test('is the same for both ends, and another one for another certificate', async () => {
    const number = await safetyNumber('sha-256 AA', 'sha-256 BB');
    expect(number).toHaveLength(12);
    expect(number!.every((group) => /^\d{5}$/.test(group))).toBe(true);
    expect(await safetyNumber('sha-256 BB', 'sha-256 AA')).toEqual(number);
    expect(await safetyNumber('sha-256 AA', 'sha-256 BC')).not.toEqual(number);
  });
});
