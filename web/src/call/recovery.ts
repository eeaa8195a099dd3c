// SPDX-License-Identifier: MIT
// When to seek another path and when to give a call up: a machine driven by connection states and time.

export interface RecoveryLimits {
  /** From `disconnected` to the first restart, ms: most short outages heal by themselves. */
  grace: number;
  /** Between restarts, ms: a restart over a slow path needs some round trips. */
  retry: number;
  /** From the first trouble to giving up, ms: as long as the server holds a seat. */
  patience: number;
  /** For a page that was closed to be loaded again, ms; that takes one second or two, and who needs more
   * meets this end waiting in the room. */
  comeback: number;
}

export const kRecoveryLimits: RecoveryLimits = { grace: 3_000, retry: 8_000, patience: 60_000, comeback: 10_000 };

export type RecoveryAction = 'restart' | 'give-up' | 'gone';

/** Every `now` is in milliseconds of one clock that does not go back. */
export class Recovery {
  private troubleSince: number | undefined;
  private restartAt = Infinity;
  private backBy = Infinity; // of a page that was closed
  private lastRestart = -Infinity;
  private heard = true; // what is said now reaches the other one

  constructor(private readonly limits: RecoveryLimits = kRecoveryLimits) {}

  /** The other one is there and nothing flows yet. */
  handleStart(now: number): void {
    this.troubleSince = now;
    this.restartAt = Infinity;
    this.lastRestart = now;
  }

  /** Another peer connection took the place of the former one, which may have failed as well. */
  handleReplaced(now: number): void {
    this.troubleSince ??= now;
    this.restartAt = now + this.limits.retry;
    // Where one end takes the relay alone, the other's first candidates are refused, and until its
    // relayed ones come, some milliseconds later, Chromium says `failed`.
    this.lastRestart = now;
  }

  /** @param state RTCPeerConnection.connectionState */
  handleConnection(state: RTCPeerConnectionState, now: number): void {
    switch (state) {
      case 'connected':
        this.lastRestart = -Infinity; // has had its time
        return this.handleEnd();
      case 'disconnected':
        this.troubleSince ??= now;
        this.restartAt = Math.min(this.restartAt, now + this.limits.grace);
        return;
      case 'failed':
        this.troubleSince ??= now;
        // At once, but not again straight after one that has had no time to work.
        this.restartAt = Math.max(now, this.lastRestart + this.limits.grace);
        return;
      default:
        return;
    }
  }

  /** The other page is closed, or loading again: nobody would hear of a restart. */
  handleClosed(now: number): void {
    this.troubleSince ??= now;
    this.backBy = Math.min(this.backBy, now + this.limits.comeback);
  }

  /** An offer would be lost, and gather at servers that may be gone: restarts wait. */
  handleSignalingDown(): void {
    this.heard = false;
  }

  /** Both are seated again, and one of them makes an offer: give that its time. */
  handleSignalingUp(now: number): void {
    this.heard = true;
    this.backBy = Infinity;
    if (this.troubleSince === undefined) return;
    this.lastRestart = now;
    this.restartAt = now + this.limits.retry;
  }

  handleEnd(): void {
    this.troubleSince = undefined;
    this.restartAt = Infinity;
    this.backBy = Infinity;
  }

  /** What is to be done now; each action is told once. */
  pollAction(now: number): RecoveryAction | undefined {
    if (this.troubleSince === undefined) return undefined;
    if (now >= this.end(this.troubleSince)) {
      const action = now < this.troubleSince + this.limits.patience ? 'gone' : 'give-up';
      this.handleEnd();
      return action;
    }
    if (!this.heard || this.backBy < Infinity || now < this.restartAt) return undefined;
    this.lastRestart = now;
    this.restartAt = now + this.limits.retry;
    return 'restart';
  }

  /** Whole seconds until giving up; nothing while all is well. */
  secondsLeft(now: number): number | undefined {
    if (this.troubleSince === undefined) return undefined;
    return Math.max(0, Math.ceil((this.end(this.troubleSince) - now) / 1_000));
  }

  /** Who comes back does so by the server: without that, nobody could be missed. */
  private end(since: number): number {
    return Math.min(since + this.limits.patience, this.heard ? this.backBy : Infinity);
  }
}
