// SPDX-License-Identifier: MIT
// The timeline as people see it: ten steps that light up one after the other and open to detail.

import { useComputed, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { language, t, type Key } from '../i18n';
import { decodePriority, pathOf } from './candidates';
import { derive, type Step, type StepName, type View } from './view';
import { Timeline, maskAddresses, parseRecording, type TimelineEvent } from './events';
import { SdpText } from './sdp_text';

export interface TimelinePanelProps {
  timeline: Timeline;
  end?: 'a' | 'b';
  safety?: string[] | undefined;
  onSeekPath?: () => void;
  relayOnly?: boolean;
  /** Absent where the server names no relay. */
  onRelayOnly?: ((on: boolean) => void) | undefined;
}

/** Rows of one table; a call with more is told in the export. */
const kMaxRows = 200;

export function TimelinePanel({ timeline: live, end, safety, onSeekPath, relayOnly, onRelayOnly }: TimelinePanelProps) {
  const replay = useSignal<Timeline | undefined>(undefined);
  const masked = useSignal(true);
  const bad = useSignal(false);
  const timeline = replay.value ?? live;
  const view = useComputed(() => {
    const shown = replay.value ?? live;
    const from = replay.value ? (shown.events.value.find((event) => event.end)?.end ?? undefined) : end;
    return derive(shown.events.value, from);
  });
  const file = useRef<HTMLInputElement>(null);
  const timers = useMemo(() => new Set<ReturnType<typeof setTimeout>>(), []);
  useEffect(() => () => timers.forEach(clearTimeout), []);

  const save = () => {
    const url = URL.createObjectURL(
      new Blob([JSON.stringify(timeline.toJSON(masked.value), null, 1)], { type: 'application/json' }),
    );
    const link = document.createElement('a');
    link.href = url;
    link.download = `duet-${timeline.startedAt.toISOString().replace(/[:.]/g, '-')}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1_000);
  };
  const load = async () => {
    const input = file.current;
    const events = parseRecording((await input?.files?.[0]?.text()) ?? '');
    if (input) input.value = ''; // so that the same file can be chosen again
    bad.value = !events;
    if (!events) return;
    timers.forEach(clearTimeout);
    const shown = new Timeline();
    replay.value = shown;
    for (const event of events) timers.add(setTimeout(() => shown.push(event), event.at));
  };
  const endReplay = () => {
    timers.forEach(clearTimeout);
    replay.value = undefined;
  };
  const pause = () => {
    timeline.paused.value = !timeline.paused.value;
    if (!timeline.paused.value) timeline.flush();
  };

  const show = (text: unknown): string => {
    const value = text === undefined || text === null || text === '' ? t('not_told') : String(text);
    return masked.value ? String(maskAddresses(value)) : value;
  };

  return (
    <div class="timeline" data-testid="timeline">
      <div class="row tools">
        <button type="button" class="button small" aria-pressed={timeline.paused.value} onClick={pause}>
          {t(timeline.paused.value ? 'resume' : 'pause')}
        </button>
        <button type="button" class="button small" aria-pressed={masked.value} data-testid="mask"
          onClick={() => (masked.value = !masked.value)}>
          {t('mask')}
        </button>
        <button type="button" class="button small" onClick={save} data-testid="export">{t('export_json')}</button>
        <button type="button" class="button small" data-testid="replay" onClick={() => (replay.value ? endReplay() : file.current?.click())}>
          {t(replay.value ? 'replay_end' : 'replay')}
        </button>
        <input ref={file} type="file" accept="application/json,.json" hidden data-testid="replay-file" onChange={() => void load()} />
        {onSeekPath && (
          <button type="button" class="button small" data-testid="seek-path" onClick={onSeekPath}>{t('seek_path')}</button>
        )}
        {onSeekPath && (
          <button type="button" class="button small" role="switch" aria-checked={relayOnly === true} data-testid="force-relay"
            disabled={!onRelayOnly} onClick={() => onRelayOnly?.(!relayOnly)}>
            {t('force_relay')}
          </button>
        )}
      </div>
      <p class="problem" role="alert">{bad.value ? t('replay_bad') : ''}</p>
      <ol class="steps">
        {view.value.steps.map((step, index) => (
          <StepView key={step.name} step={step} index={index}>
            <Detail name={step.name} view={view.value} show={show} safety={safety} />
          </StepView>
        ))}
      </ol>
    </div>
  );
}

function StepView({ step, index, children }: { step: Step; index: number; children: ComponentChildren }) {
  const open = useSignal(false);
  const titleOf = (name: StepName): Key => `step_${name}`;
  const stateOf: Record<Step['state'], Key> = {
    ahead: 'state_ahead', active: 'state_active', done: 'state_done', failed: 'state_failed',
  };
  return (
    <li class={`step ${step.state}`} data-step={step.name} data-state={step.state}>
      <button type="button" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
        <span class="step-number" aria-hidden="true">{index + 1}</span>
        <span class="step-title">{t(titleOf(step.name))}</span>
        <span class="step-time">
          <span class="sr-only">{t(stateOf[step.state])} </span>
          {step.at === undefined ? '' : `${Math.round(step.at)} ms`}
        </span>
      </button>
      {open.value && (
        <div class="step-detail">
          <p>{t(`about_${step.name}`)}</p>
          {children}
        </div>
      )}
    </li>
  );
}

interface DetailProps {
  name: StepName;
  view: View;
  show: (text: unknown) => string;
  safety: string[] | undefined;
}

function Detail({ name, view, show, safety }: DetailProps) {
  switch (name) {
    case 'signaling':
      return (
        <Table heads={['time', 'direction', 'event', 'size']}>
          {view.signals.slice(-kMaxRows).map((event, index) => (
            <tr key={index}>
              <td>{Math.round(event.at)} ms</td>
              <td>{t(event.ev === 'signal.sent' ? 'sent' : 'received')}</td>
              <td>
                <details class="fold">
                  <summary>{String(event.data.event)}{event.data.type ? `: ${String(event.data.type)}` : ''}</summary>
                  <pre tabIndex={0}>{show(JSON.stringify(event.data.body, null, 1))}</pre>
                </details>
              </td>
              <td>{String(event.data.size)}</td>
            </tr>
          ))}
        </Table>
      );
    case 'media':
      return (
        <Table heads={['type', 'asked', 'got']}>
          {view.media.map((event, index) => (
            <tr key={index}>
              <td>{t(event.data.kind === 'video' ? 'camera' : 'microphone')}</td>
              <td><Pairs value={event.data.asked} /></td>
              <td><Pairs value={event.data.settings} /></td>
            </tr>
          ))}
        </Table>
      );
    case 'sdp':
      return (
        <div class="sdps">
          {(['local', 'remote'] as const).map((side) => {
            const event = view.sdp[side];
            return event && (
              <div key={side}>
                <h3>{t(side)} · {String(event.data.type)} · {Math.round(event.at)} ms</h3>
                <SdpText sdp={show(event.data.sdp)} />
              </div>
            );
          })}
        </div>
      );
    case 'gather':
      return (
        <>
          {(['local', 'remote'] as const).map((side) => (
            <div key={side}>
              <h3>{t(side)}</h3>
              <Table heads={['time', 'type', 'address', 'priority']}>
                {view.gathered[side].slice(0, kMaxRows).map((event, index) => <CandidateRow key={index} event={event} show={show} />)}
              </Table>
            </div>
          ))}
        </>
      );
    case 'pairs':
      return (
        <>
          <p>{t('role')}: {t(view.controlling ? 'controlling' : 'controlled')}</p>
          <Table heads={['local', 'remote', 'priority']}>
            {view.pairs.slice(0, kMaxRows).map((pair, index) => (
              <tr key={index}>
                <td>{pair.local.type} {show(pair.local.address)}</td>
                <td>{pair.remote.type} {show(pair.remote.address)}</td>
                <td class="number">{String(pair.priority)}</td>
              </tr>
            ))}
          </Table>
        </>
      );
    case 'checks':
      return (
        <Table wrap heads={['local', 'remote', 'state', 'requests', 'responses']}>
          {view.checks.map((check) => (
            <tr key={check.id} class={check.nominated ? 'chosen' : ''}>
              <td>{String(check.local?.type ?? '')} {show(check.local?.address)}</td>
              <td>{String(check.remote?.type ?? '')} {show(check.remote?.address)}</td>
              <td>{check.state}</td>
              <td class="number">{String(check.requestsSent ?? '—')}</td>
              <td class="number">{String(check.responsesReceived ?? '—')}</td>
            </tr>
          ))}
        </Table>
      );
    case 'selected':
      return view.selected ? <PathMap event={view.selected} show={show} /> : null;
    case 'dtls':
      return view.dtls ? (
        <>
          <Facts rows={[
            ['protocol', dtlsVersion(view.dtls.data.version)], ['cipher', view.dtls.data.cipher], ['srtp', view.dtls.data.srtp],
          ]} show={show} />
          {safety && (
            <>
              <p>{t('safety')}</p>
              <ol class="safety-groups">{safety.map((group, index) => <li key={index}>{group}</li>)}</ol>
            </>
          )}
        </>
      ) : null;
    case 'frame':
      return (
        <>
          {view.tracks.map(({ at, data }, index) => (
            <p key={index}>ontrack: {t(data.kind === 'video' ? 'picture' : 'sound')}, {t('after', { ms: Math.round(at) })}</p>
          ))}
          {view.frame && (
            <p>{t('step_frame')}: {String(view.frame.data.width)} × {String(view.frame.data.height)}, {t('after', { ms: Math.round(view.frame.at) })}</p>
          )}
        </>
      );
    case 'health':
      return <Health samples={view.samples} />;
  }
}

/** W3C webrtc-stats #dom-rtctransportstats-tlsversion: four hexadecimal digits of the wire's version. */
function dtlsVersion(version: unknown): unknown {
  return { FEFF: 'DTLS 1.0', FEFD: 'DTLS 1.2', FEFC: 'DTLS 1.3' }[String(version).toUpperCase()] ?? version;
}

function Table({ heads, children, wrap }: { heads: Key[]; children: ComponentChildren; wrap?: boolean }) {
  return (
    <div class={wrap ? 'table wrap' : 'table'} tabIndex={0} role="group" aria-label={heads.map((head) => t(head)).join(', ')}>
      <table>
        <thead><tr>{heads.map((head) => <th key={head} scope="col">{t(head)}</th>)}</tr></thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

function CandidateRow({ event, show }: { event: TimelineEvent; show: DetailProps['show'] }) {
  const { type, address, port, protocol, priority, url, error, text } = event.data;
  if (error !== undefined) {
    return <tr><td>{Math.round(event.at)} ms</td><td colSpan={3}>{show(url)}: {String(error)} {show(text)}</td></tr>;
  }
  const parts = decodePriority(Number(priority));
  return (
    <tr>
      <td>{Math.round(event.at)} ms</td>
      <td>{String(type)}</td>
      <td>{show(address)}:{String(port)}/{String(protocol)}{url ? <small> {show(url)}</small> : null}</td>
      <td class="number">
        {String(priority)}
        <small>{t('decoded', { type: parts.typePreference, local: parts.localPreference, component: parts.component })}</small>
      </td>
    </tr>
  );
}

function Pairs({ value }: { value: unknown }) {
  if (typeof value !== 'object' || value === null) return <>{t('not_told')}</>;
  const shown = Object.entries(value).filter(([key]) => !/^(deviceId|groupId)$/.test(key));
  if (shown.length === 0) return <>—</>;
  return <>{shown.map(([key, entry]) => <div key={key}>{key}: {typeof entry === 'object' ? JSON.stringify(entry) : String(typeof entry === 'number' ? Math.round(entry * 1_000) / 1_000 : entry)}</div>)}</>;
}

function Facts({ rows, show }: { rows: [Key, unknown][]; show: DetailProps['show'] }) {
  return <dl class="facts">{rows.map(([key, value]) => <div key={key}><dt>{t(key)}</dt><dd>{show(value)}</dd></div>)}</dl>;
}

/** me — peer, with what lies between, drawn in words and boxes. */
function PathMap({ event, show }: { event: TimelineEvent; show: DetailProps['show'] }) {
  const local = (event.data.local ?? {}) as Record<string, unknown>;
  const remote = (event.data.remote ?? {}) as Record<string, unknown>;
  const { rtt_ms: rtt } = event.data;
  return (
    <div class="path">
      <div class="path-end"><b>{t('local')}</b><span>{String(local.type)}</span><span>{show(local.address)}</span></div>
      <div class="path-line">
        {t(`path_${pathOf(local, remote)}`)}
        {typeof rtt === 'number' && <small>{t('round_trip', { ms: Math.round(rtt * 10) / 10 })}</small>}
      </div>
      <div class="path-end"><b>{t('remote')}</b><span>{String(remote.type)}</span><span>{show(remote.address)}</span></div>
    </div>
  );
}

function Health({ samples }: { samples: View['samples'] }) {
  const holder = useRef<HTMLDivElement>(null);
  const newest = useRef(samples);
  const charts = useRef<{ update: (samples: View['samples']) => void; destroy: () => void } | undefined>(undefined);
  useEffect(() => {
    let gone = false;
    import('../charts/charts').then(({ drawCharts }) => {
      if (gone || !holder.current) return;
      charts.current = drawCharts(holder.current);
      charts.current.update(newest.current);
    }).catch(() => undefined); // out of reach: the step can be opened again
    return () => {
      gone = true;
      charts.current?.destroy();
    };
  }, [language.value]);
  newest.current = samples;
  useEffect(() => charts.current?.update(samples), [samples.length, samples.at(-1)?.at]);
  return <div ref={holder} class="charts" data-testid="charts" />;
}
