// SPDX-License-Identifier: MIT
// What happens in a call, in order, under the names every Duet program uses.

import { signal } from '@preact/signals';

export type EventName =
  | 'signal.sent'
  | 'signal.received'
  | 'media.local'
  | 'sdp.local'
  | 'sdp.remote'
  | 'candidate.local'
  | 'candidate.remote'
  | 'pair'
  | 'check'
  | 'ice.selected'
  | 'dtls.connected'
  | 'channel.open'
  | 'rtp.first'
  | 'track'
  | 'frame.first'
  | 'stats'
  | 'ended';

export interface TimelineEvent {
  /** ms since the timeline began. */
  at: number;
  ev: EventName;
  /** Which of two ends in one page; absent in a real call. */
  end?: 'a' | 'b';
  data: Record<string, unknown>;
}

/** Events kept; the oldest `stats` go first, then the oldest of all. */
export const kMaxEvents = 3_000;

export class Timeline {
  readonly events = signal<readonly TimelineEvent[]>([]);
  readonly paused = signal(false);
  private list: TimelineEvent[] = [];
  private dirty = false;
  private began: number;
  /** Wall clock of the beginning, for the export. */
  startedAt: Date;

  /** @param now a clock in ms that does not go back */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.began = now();
    this.startedAt = new Date();
  }

  /** ms since it began. */
  clock(): number {
    return this.now() - this.began;
  }

  /** @param at  when it happened, where it is told later than that */
  add(ev: EventName, data: Record<string, unknown> = {}, end?: 'a' | 'b', at = this.clock()): void {
    this.push({ at, ev, data, ...(end ? { end } : {}) });
  }

  /** Takes it in after everything that happened before it or at the same time. */
  push(event: TimelineEvent): void {
    this.list.splice(this.list.findLastIndex((other) => other.at <= event.at) + 1, 0, event);
    if (this.list.length > kMaxEvents) {
      const stats = this.list.findIndex((old) => old.ev === 'stats');
      this.list.splice(Math.max(0, stats), 1);
    }
    // Many events come at once: show them together.
    if (this.dirty) return;
    this.dirty = true;
    setTimeout(() => {
      this.dirty = false;
      if (!this.paused.value) this.flush();
    }, 60);
  }

  /** Shows all that came, also while paused. */
  flush(): void {
    this.events.value = this.list.slice();
  }

  clear(): void {
    this.list = [];
    this.began = this.now();
    this.startedAt = new Date();
    this.flush();
  }

  all(): readonly TimelineEvent[] {
    return this.list;
  }

  /** The recording as an object for JSON; addresses are masked unless asked for. */
  toJSON(mask = true): object {
    const start = this.startedAt.getTime();
    return {
      v: 1,
      t: this.startedAt.toISOString(),
      events: this.list.map(({ at, ev, end, data }) => ({
        t: new Date(start + at).toISOString(),
        at: Math.round(at * 10) / 10,
        ev,
        ...(end ? { end } : {}),
        ...((mask ? maskAddresses(data) : data) as object),
      })),
    };
  }
}

/** Reads an exported recording; nothing if it is none. */
export function parseRecording(text: string): TimelineEvent[] | undefined {
  try {
    const recording = JSON.parse(text) as { v?: unknown; events?: unknown };
    if (recording.v !== 1 || !Array.isArray(recording.events)) return undefined;
    const events: TimelineEvent[] = [];
    for (const entry of recording.events.slice(0, kMaxEvents) as Record<string, unknown>[]) {
      const { t: _, at, ev, end, ...data } = entry;
      if (typeof at !== 'number' || typeof ev !== 'string') return undefined;
      events.push({ at, ev: ev as EventName, data, ...(end === 'a' || end === 'b' ? { end } : {}) });
    }
    return events;
  } catch {
    return undefined;
  }
}

const kIpv4 = /\b(\d{1,3})\.(\d{1,3})\.\d{1,3}\.\d{1,3}\b/g;
// Two or more groups with colons and at least one doubled or seven single ones; MACs are no case here.
const kIpv6 = /(?<![\w:])(?=[0-9a-f:]*::|(?:[0-9a-f]{1,4}:){7})[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])/gi;

/** The same value with the host parts of all addresses in its texts replaced by `x`. */
export function maskAddresses(value: unknown): unknown {
  if (typeof value === 'string') {
    return value
      .replace(kIpv4, (whole, a: string, b: string) => (whole === '0.0.0.0' ? whole : `${a}.${b}.x.x`))
      .replace(kIpv6, (whole) => (whole === '::' ? whole : `${whole.split(':')[0]}:x`));
  }
  if (Array.isArray(value)) return value.map(maskAddresses);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, maskAddresses(entry)]));
  }
  return value;
}
