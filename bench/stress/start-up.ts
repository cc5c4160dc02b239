import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint } from '../agents/endpoint.ts';
import type { Children } from '../process/children.ts';
import { listeningPorts } from '../process/proc.ts';
import type { Progress } from '../progress.ts';

/** Something that opens all listeners of the layout when it is started. */
export interface Starter {
  readonly name: string;
  spawn(): ChildProcess;
}

/** What came of one of them. */
export type Starts =
  | { readonly kind: 'timed' /** One for each round. */; readonly seconds: readonly number[] }
  | { readonly kind: 'failed'; readonly why: string };

/** Milliseconds. */
const deadline = 30_000;

/**
 * Starts them in turn, each round beginning with another one. All are timed from outside by the same means: from the
 * start of the process until the kernel's table of listening ports, read every few milliseconds, has every listener.
 */
export async function measureStartUp(
  listeners: readonly Endpoint[],
  starters: readonly Starter[],
  rounds: number,
  children: Children,
  progress: Progress,
): Promise<ReadonlyMap<string, Starts>> {
  const times = new Map<string, Starts>();
  for (let round = 0; round < rounds; round += 1) {
    const first = round % Math.max(1, starters.length);
    for (const starter of [...starters.slice(first), ...starters.slice(0, first)]) {
      const before = times.get(starter.name) ?? { kind: 'timed', seconds: [] };
      if (before.kind === 'failed') continue;
      progress.show(`start-up: round ${round + 1} of ${rounds}, ${starter.name}`);
      const took = await timeStart(starter, listeners, children);
      times.set(
        starter.name,
        typeof took === 'number'
          ? { kind: 'timed', seconds: [...before.seconds, took] }
          : { kind: 'failed', why: took.message },
      );
    }
  }
  return times;
}

/** Seconds, or what kept it from listening. */
async function timeStart(
  { name, spawn }: Starter,
  listeners: readonly Endpoint[],
  children: Children,
): Promise<number | Error> {
  await until(`the ports of the round before ${name} to be free`, () => {
    const taken = listeningPorts('127.0.0.1');
    return listeners.every(({ port }) => !taken.has(port));
  });
  const begun = performance.now();
  const child = spawn();
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-1_000);
  });
  // A program that is not there emits `error`, and has no exit code.
  child.once('error', (error) => {
    complaint = error.message;
  });
  // A pipe that nobody reads could block the process that writes into it.
  child.stdout?.resume();
  try {
    await until(`${name} to listen`, () => {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
        throw new Error(`Cannot start ${name}: ${complaint.trim() || 'it ended at once'}`);
      }
      const taken = listeningPorts('127.0.0.1');
      return listeners.every(({ port }) => taken.has(port));
    });
    return (performance.now() - begun) / 1000;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    await children.stop(child);
  }
}

async function until(what: string, done: () => boolean): Promise<void> {
  const end = Date.now() + deadline;
  while (!done()) {
    if (Date.now() > end) throw new Error(`Cannot go on: waited ${deadline / 1000} s for ${what}`);
    await delay(3);
  }
}
