// SPDX-License-Identifier: MIT
// Finds the web addresses in what somebody wrote.

export interface Piece {
  text: string;
  link: boolean;
}

// Ends at a space or at punctuation that no address has unescaped, Chinese writing's too.
const kAddress = /https?:\/\/[\p{L}\p{N}[][^\s<>"，。！？；：、（）《》【】“”]*/gu;
// What ends a sentence rather than an address; a bracket is kept where the address opened it.
const kTail = /[.,;:!?'*_~]+$/;

/** The text in pieces that together are the whole of it. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(kAddress)) {
    let address = found.replace(kTail, '');
    if (address.endsWith(')') && !address.includes('(')) address = address.slice(0, -1).replace(kTail, '');
    if (index > from) pieces.push({ text: text.slice(from, index), link: false });
    pieces.push({ text: address, link: true });
    from = index + address.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), link: false });
  return pieces;
}
