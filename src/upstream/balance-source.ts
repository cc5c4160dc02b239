import type { Ip } from '../base/ip.ts';
import type { Balance } from './balance.ts';
import type { PoolTarget } from './pool-target.ts';

/**
 * The same client to the same target: weighted rendezvous hashing (Thaler and Ravishankar 1998, "A Name-Based Mapping
 * Scheme for Rendezvous"). Each target draws a number from its name and the client's address alone, and the best draw
 * wins. When a target is out, only its own clients move; they spread over all others, and return with it. Nothing is
 * remembered, so the choice holds over restarts, whatever the order of targets.
 */
export class BySource implements Balance {
  private seeds: ReadonlyMap<PoolTarget, number> = new Map();

  constructor(targets: readonly PoolTarget[]) {
    this.update(targets);
  }

  update(targets: readonly PoolTarget[]): void {
    this.seeds = new Map(targets.map((target) => [target, seedOf(target.name)]));
  }

  pick(candidates: readonly PoolTarget[], source: Ip = unknownSource): PoolTarget | undefined {
    let picked: PoolTarget | undefined;
    let best = Number.POSITIVE_INFINITY;
    for (const target of candidates) {
      // The first of several Poisson processes to fire, each as often as its weight: its chance is its share.
      const draw = -Math.log(fraction(hash(this.seeds.get(target) ?? 0, source))) / target.planned.weight;
      if (draw >= best) continue;
      best = draw;
      picked = target;
    }
    return picked;
  }
}

/** 0.0.0.0, for a client that was reset: its address is not known any more. */
const unknownSource: Ip = 0;

/** A 32-bit hash as a number between 0 and 1, both excluded: 0 has no logarithm. */
function fraction(hashed: number): number {
  return (hashed + 0.5) / 2 ** 32;
}

/** FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/). */
function seedOf(name: string): number {
  let seed = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) seed = Math.imul(seed ^ name.charCodeAt(at), 0x01000193);
  return seed;
}

/** MurmurHash3 of the address, 32 bits (https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp). */
function hash(seed: number, source: Ip): number {
  if (typeof source === 'number') return finish(mix(seed, source) ^ 4);
  let mixed = seed;
  for (let shift = 96n; shift >= 0n; shift -= 32n) mixed = mix(mixed, Number((source >> shift) & 0xffff_ffffn));
  return finish(mixed ^ 16);
}

function mix(mixed: number, word: number): number {
  const scrambled = Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
  return Math.imul(rotate(mixed ^ scrambled, 13), 5) + 0xe6546b64;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** Murmur's avalanche: every bit of the input moves half of the output's. Unsigned. */
function finish(mixed: number): number {
  let bits = mixed ^ (mixed >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
