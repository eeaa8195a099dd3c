// SPDX-License-Identifier: MIT
// Suggests room names that are easy to say aloud and hard to meet by chance.

const kAdjectives =
  'amber blue brave bright calm clear cosy crisp early fair fresh gentle glad golden grand green happy jolly keen kind lively lucky merry mild misty proud quick quiet red round silver snowy sunny swift warm wise'.split(' ');
const kAnimals =
  'badger bear beaver bison crane deer dove eagle falcon finch fox goose hare hawk heron jay koala lark lion lynx moose newt otter owl panda puma quail raven robin salmon seal stork swan tiger wolf zebra'.split(' ');

/** Three parts, one in about 300 million; `random` gives numbers in [0, bound). */
export function suggestRoom(random: (bound: number) => number = secureRandom): string {
  const pick = (words: string[]) => words[random(words.length)]!;
  return `${pick(kAdjectives)}-${pick(kAnimals)}-${1_000 + random(9_000)}-${String.fromCharCode(97 + random(26))}`;
}

function secureRandom(bound: number): number {
  const word = new Uint32Array(1);
  crypto.getRandomValues(word);
  return Math.floor((word[0]! / 2 ** 32) * bound);
}
