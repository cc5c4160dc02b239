import { existsSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the busy time of a window went. */
export interface BusyShares {
  /** Of the window. */
  readonly busy: number;
  /** Of the busy time; the largest first. `place` is file:line, as far as there is one. */
  readonly functions: readonly { readonly name: string; readonly place: string; readonly share: number }[];
}

/** What a .cpuprofile file holds; times are microseconds on the monotonic clock. */
interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  /** From 0. */
  readonly lineNumber: number;
}

/** Self time by function, of the samples that fall into the window. */
export function busyShares(file: string, window: { readonly opened: number; readonly closed: number }): BusyShares {
  if (!existsSync(file)) throw new Error(`Cannot read ${file}: the forwarder ended without writing its profile`);
  const profile: CpuProfile = JSON.parse(readFileSync(file, 'utf8'));
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map<string, { name: string; place: string; time: number }>();
  let [busy, all] = [0, 0];
  let at = profile.startTime;
  for (const [index, id] of profile.samples.entries()) {
    // A sample stands for the time until the next one.
    at += profile.timeDeltas[index] ?? 0;
    const time = profile.timeDeltas[index + 1] ?? 0;
    if (at < window.opened || at > window.closed) continue;
    all += time;
    const frame = frames.get(id);
    if (frame === undefined || waits(frame)) continue;
    busy += time;
    const place = placeOf(frame);
    const name = frame.functionName || '(anonymous)';
    const entry = times.get(`${name} ${place}`) ?? { name, place, time: 0 };
    entry.time += time;
    times.set(`${name} ${place}`, entry);
  }
  if (all === 0) throw new Error(`Cannot use ${file}: it has no sample from the window`);
  const functions = [...times.values()]
    .sort((a, b) => b.time - a.time)
    .map(({ name, place, time }) => ({ name, place, share: busy > 0 ? time / busy : 0 }));
  return { busy: busy / all, functions };
}

/** The loop has nothing to do; with splice it is the engine that waits, in epoll_wait(2). */
function waits({ functionName, url }: CallFrame): boolean {
  return functionName === '(idle)' || (functionName === 'epollWait' && url.endsWith('/libc/libc.js'));
}

/** The last three parts of the path are enough to find it. */
function placeOf({ url, lineNumber }: CallFrame): string {
  if (url === '') return '';
  const path = url.startsWith('file:') ? fileURLToPath(url) : url;
  return `${path.split(sep).slice(-3).join(sep)}:${lineNumber + 1}`;
}
