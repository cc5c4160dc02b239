import { readdirSync, readlinkSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes, after all garbage is collected. */
export interface Memory {
  readonly rss: number;
  readonly heap: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

export function memory(): Memory {
  if (typeof collectGarbage === 'function') collectGarbage();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed };
}

/** Descriptors of this process that are not pipes, which an engine may keep for later. */
export function descriptorsButPipes(): number {
  return readdirSync('/proc/self/fd').filter((fd) => !isPipe(fd)).length;
}

function isPipe(fd: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith('pipe:');
  } catch {
    // The descriptor of the listing itself, closed by now: one in every count.
    return false;
  }
}
