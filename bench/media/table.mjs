// SPDX-License-Identifier: MIT
// Rows of figures.

const kTitle = 42;
const kColumn = 10;

function number(value) {
  if (value === undefined) return '-';
  if (!Number.isFinite(value)) return 'never';
  const size = Math.abs(value);
  return size >= 100 || value === 0 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const row = (cells) => cells.map((cell, i) => (i === 0 ? cell.padEnd(kTitle) : cell.padStart(kColumn))).join('');

export const heading = () => `${row(['', 'duet', 'Chromium', 'asked', 'aim'])}`;

/** Whether a value is what was asked for, and the aim as well. */
export function verdict(value, { most, least, aim }) {
  if (value === undefined || (most ?? least) === undefined) return '';
  const reaches = (limit) => (least === undefined ? value <= limit : value >= limit);
  if (!reaches(most ?? least)) return 'MISSED';
  return aim === undefined ? 'met' : reaches(aim) ? 'met, aim too' : 'met';
}

/** @param target  {most or least, aim}, each may be missing */
export function line(title, unit, mine, theirs, target) {
  const limit = target.most ?? target.least;
  const asked = limit === undefined ? '' : `${target.least === undefined ? '<=' : '>='} ${number(limit)}`;
  const cells = [unit ? `  ${title} (${unit})` : `  ${title}`, number(mine), number(theirs), asked, target.aim === undefined ? '' : number(target.aim)];
  return `${row(cells)}  ${verdict(mine, target)}`.trimEnd();
}
