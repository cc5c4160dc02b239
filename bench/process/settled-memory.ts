import { setTimeout as delay } from 'node:timers/promises';
import { residentBytes } from './proc.ts';

/** Looks, and milliseconds between two of them. */
const looks = 8;
const pause = 100;
/** It counts as settled when the last looks differ by less than this share. */
const tolerance = 0.003;
/** Milliseconds after which the last look is taken as it is. */
const deadline = 5_000;

/** Resident memory of a process in bytes, once it has stopped moving; nothing is done to make it move. */
export async function settledMemory(pid: number): Promise<number> {
  const end = Date.now() + deadline;
  const seen: number[] = [];
  for (;;) {
    const now = residentBytes(pid);
    seen.push(now);
    const last = seen.slice(-looks);
    if (Date.now() > end) return now;
    if (last.length === looks && Math.max(...last) - Math.min(...last) <= tolerance * now) return now;
    await delay(pause);
  }
}
