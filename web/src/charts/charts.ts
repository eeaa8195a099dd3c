// SPDX-License-Identifier: MIT
// The health charts: loaded when the panel's last step opens, one canvas per quantity.

import uPlot from 'uplot';
import style from 'uplot/dist/uPlot.min.css?url';
import type { Sample } from '../call/quality';
import { say, type TextKey } from './texts';

type Samples = { at: number; sample: Sample }[];
type Pick = (sample: Sample) => number | undefined;

interface Chart {
  title: TextKey;
  lines: { label: TextKey; stroke: string; pick: Pick }[];
}

const kIn = '#5eead4';
const kOut = '#a5b4fc';
const kCharts: readonly Chart[] = [
  {
    title: 'chart_bitrate',
    lines: [
      { label: 'chart_in', stroke: kIn, pick: (sample) => sample.bitrateIn && sample.bitrateIn / 1_000 },
      { label: 'chart_out', stroke: kOut, pick: (sample) => sample.bitrateOut && sample.bitrateOut / 1_000 },
    ],
  },
  { title: 'chart_rtt', lines: [{ label: 'chart_rtt', stroke: kIn, pick: (sample) => sample.rtt }] },
  {
    title: 'chart_loss',
    lines: [
      { label: 'chart_in', stroke: kIn, pick: (sample) => sample.lossIn },
      { label: 'chart_out', stroke: kOut, pick: (sample) => sample.lossOut },
    ],
  },
  { title: 'chart_jitter', lines: [{ label: 'chart_in', stroke: kIn, pick: (sample) => sample.jitter }] },
  {
    title: 'chart_fps',
    lines: [
      { label: 'chart_in', stroke: kIn, pick: (sample) => sample.fpsIn },
      { label: 'chart_out', stroke: kOut, pick: (sample) => sample.fpsOut },
    ],
  },
];

const kHeight = 120;

/** A value as it is read beside its chart: three digits are enough. */
const inWords = (value: number | undefined): string => (value === undefined ? '—' : String(value < 10 ? Math.round(value * 10) / 10 : Math.round(value)));

/** Draws into `holder` and follows its width; `update` takes all samples that there are. */
export function drawCharts(holder: HTMLElement) {
  if (!document.querySelector(`link[href="${style}"]`)) {
    document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: style }));
  }
  const axis = { stroke: '#9fb0c0', grid: { stroke: '#22303d', width: 1 }, ticks: { show: false } };
  const width = () => Math.max(200, holder.clientWidth);
  const plots = kCharts.map((chart) => {
    const figure = document.createElement('figure');
    const caption = document.createElement('figcaption');
    const now = document.createElement('span');
    caption.append(say(chart.title), now);
    figure.append(caption);
    holder.append(figure);
    const plot = new uPlot(
      {
        width: width(),
        height: kHeight,
        scales: { x: { time: false }, y: { range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(1, (high ?? 0) * 1.1)] } },
        legend: { show: chart.lines.length > 1, live: false },
        cursor: { show: false },
        axes: [{ ...axis, size: 28, values: (_, ticks) => ticks.map((tick) => `${tick} s`) }, { ...axis, size: 52 }],
        series: [{}, ...chart.lines.map(({ label, stroke }) => ({ label: say(label), stroke, width: 2 }))],
      },
      [[], ...chart.lines.map(() => [])],
      figure,
    );
    return { chart, plot, now, figure };
  });
  const observer = new ResizeObserver(() => {
    for (const { plot } of plots) plot.setSize({ width: width(), height: kHeight });
  });
  observer.observe(holder);
  return {
    update(samples: Samples) {
      const times = samples.map(({ at }) => at / 1_000);
      const newest = samples.at(-1)?.sample ?? {};
      for (const { chart, plot, now } of plots) {
        now.textContent = chart.lines.map(({ label, pick }) => ` · ${chart.lines.length > 1 ? `${say(label)} ` : ''}${inWords(pick(newest))}`).join('');
        plot.setData([times, ...chart.lines.map(({ pick }) => samples.map(({ sample }) => pick(sample) ?? null))]);
      }
    },
    destroy() {
      observer.disconnect();
      for (const { plot, figure } of plots) {
        plot.destroy();
        figure.remove();
      }
    },
  };
}
