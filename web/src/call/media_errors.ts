// SPDX-License-Identifier: MIT
// From what getUserMedia throws to the sentence a person can act on.

export type MediaProblem =
  | 'insecure'
  | 'gum_denied'
  | 'gum_denied_os'
  | 'gum_ignored'
  | 'gum_none_cam'
  | 'gum_none_mic'
  | 'gum_busy'
  | 'gum_constraint'
  | 'gum_policy'
  | 'gum_unsupported'
  | 'gum_unknown'
  | 'track_ended'
  | 'mic_ended';

export interface MediaApi {
  secure: boolean;
  /** navigator.mediaDevices.getUserMedia exists. */
  present: boolean;
}

/** Why nothing can be captured at all; nothing where it may be tried. */
export function missingApi(api: MediaApi): MediaProblem | undefined {
  if (!api.secure) return 'insecure';
  return api.present ? undefined : 'gum_unsupported';
}

/** @param kind what was asked for (W3C mediacapture #dom-mediadevices-getusermedia) */
export function mediaProblem(error: unknown, kind: 'audio' | 'video'): MediaProblem {
  const { name = '', message = '' } = (error ?? {}) as { name?: string; message?: string };
  switch (name) {
    case 'NotAllowedError':
    case 'PermissionDeniedError':
      if (/system/i.test(message)) return 'gum_denied_os';
      return /policy/i.test(message) ? 'gum_policy' : 'gum_denied';
    case 'SecurityError':
      return 'gum_policy';
    case 'NotFoundError':
    case 'DevicesNotFoundError':
      return kind === 'video' ? 'gum_none_cam' : 'gum_none_mic';
    case 'NotReadableError':
    case 'TrackStartError':
    case 'AbortError':
      return 'gum_busy';
    case 'OverconstrainedError':
    case 'ConstraintNotSatisfiedError':
      return 'gum_constraint';
    default:
      return 'gum_unknown';
  }
}
