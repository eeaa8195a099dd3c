// SPDX-License-Identifier: MIT
// Suggests room names that are easy to say aloud and hard to meet by chance.

const kAdjectives =
  'amber blue brave bright calm clear cosy crisp eager early fair fleet fresh gentle glad golden grand green happy ivory jolly keen kind light lively lucky mellow merry mild misty noble pale plain proud quick quiet rapid red rosy round shiny silent silver smooth snowy solar steady still sunny swift tidy warm white wise'.split(' ');
const kAnimals =
  'badger bear beaver bison crane deer dove eagle falcon finch fox goose hare hawk heron ibis jay kite koala lark lion lynx marten mole moose newt orca otter owl panda pika puma quail raven robin salmon seal shrew sparrow squid stoat stork swan swift tern thrush tiger toad trout turtle vole walrus whale wolf wren yak zebra'.split(' ');

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
