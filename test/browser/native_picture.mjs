// SPDX-License-Identifier: MIT
// Pictures that are known to the pixel, in a page as in Node: which one a decoded one is, and how near to it.

/** Whole, so that it can be run in a page. Luma is 0 to 255, row by row. */
export function pictures() {
  const kColumns = 24;
  const kRows = 4;
  const kCells = kColumns * kRows; // 8 to compare with, counter (32), time (40), CRC (16): device/pattern_mark.hpp
  const rows = (height) => Math.max(kRows, Math.floor(height / 8));

  const crcOf = (cells) => {
    let crc = 0xffff;
    for (let i = 8; i < kCells - 16; i += 1) crc = ((crc << 1) & 0xffff) ^ ((((crc >> 15) ^ cells[i]) & 1) * 0x1021);
    return crc;
  };
  const put = (cells, at, count, value) => {
    for (let i = 0; i < count; i += 1) cells[at + i] = Math.floor(value / 2 ** (count - 1 - i)) % 2;
  };
  const get = (cells, at, count) => {
    let value = 0;
    for (let i = 0; i < count; i += 1) value = value * 2 + cells[at + i];
    return value;
  };
  const cellAt = (index, width, height) => {
    const top = height - rows(height);
    const column = index % kColumns;
    const row = Math.floor(index / kColumns);
    return {
      left: Math.floor((width * column) / kColumns), right: Math.floor((width * (column + 1)) / kColumns),
      top: top + Math.floor((rows(height) * row) / kRows), bottom: top + Math.floor((rows(height) * (row + 1)) / kRows),
    };
  };

  /** Waves that travel, a bar that jumps, and the mark of the test pattern. */
  const paint = (counter, width, height) => {
    const luma = new Uint8Array(width * height);
    const bar = (counter * 7) % width;
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        const wave = Math.sin((x + counter * 3) / 23) + Math.cos((y - counter) / 17);
        luma[y * width + x] = Math.abs(x - bar) < 9 ? 235 : 120 + 45 * wave;
      }
    }
    const cells = new Array(kCells).fill(0);
    put(cells, 0, 8, 0b10101010);
    put(cells, 8, 32, counter);
    put(cells, kCells - 16, 16, crcOf(cells));
    for (let i = 0; i < kCells; i += 1) {
      const { left, right, top, bottom } = cellAt(i, width, height);
      for (let y = top; y < bottom; y += 1) luma.fill(cells[i] ? 216 : 36, y * width + left, y * width + right);
    }
    return luma;
  };

  /** The counter of a picture that has a mark; nothing where it can't be read. */
  const read = (luma, width, height) => {
    const levels = [];
    for (let i = 0; i < kCells; i += 1) {
      const { left, right, top, bottom } = cellAt(i, width, height);
      const [dx, dy] = [Math.floor((right - left) / 4), Math.floor((bottom - top) / 4)];
      let [sum, count] = [0, 0];
      for (let y = top + dy; y < bottom - dy; y += 1) {
        for (let x = left + dx; x < right - dx; x += 1, count += 1) sum += luma[y * width + x];
      }
      levels.push(sum / count);
    }
    const mean = (parity) => levels.slice(0, 8).filter((_, i) => i % 2 === parity).reduce((a, b) => a + b) / 4;
    const [white, black] = [mean(0), mean(1)];
    if (white - black < 40) return undefined;
    const cells = levels.map((level) => (level > (white + black) / 2 ? 1 : 0));
    return get(cells, kCells - 16, 16) === crcOf(cells) ? get(cells, 8, 32) : undefined;
  };

  /** In dB; of luma. */
  const psnr = (one, other) => {
    let sum = 0;
    for (let i = 0; i < one.length; i += 1) sum += (one[i] - other[i]) ** 2;
    return 10 * Math.log10(255 ** 2 / Math.max(sum / one.length, 1e-6));
  };

  return { paint, read, psnr };
}
