import type { Entry } from '../book.ts';
import type { Environment } from '../environment.ts';
import { bulk } from './bulk.ts';
import { httpConnectionEach } from './http-connection-each.ts';
import { httpKeepAlive } from './http-keep-alive.ts';
import { idle } from './idle.ts';
import { interactive } from './interactive.ts';
import { leave } from './leave.ts';

/** A kind of traffic: no session of it has a fault of its own, so each must end clean, with all bytes. */
interface Kind {
  readonly name: string;
  /** Sessions at once. With the largest faults (150) there are about 400. */
  readonly atOnce: number;
  readonly run: (environment: Environment, entry: Entry) => Promise<void>;
}

const kinds: readonly Kind[] = [
  { name: 'interactive', atOnce: 60, run: interactive },
  { name: 'idle', atOnce: 150, run: idle },
  { name: 'http, kept alive', atOnce: 16, run: httpKeepAlive },
  { name: 'http, a connection each', atOnce: 4, run: httpConnectionEach },
  { name: 'bulk both ways', atOnce: 3, run: bulk },
  { name: 'connect and leave', atOnce: 6, run: leave },
];

/** Milliseconds over which the first sessions come. */
const rampUp = 2_000;

/** Every kind at once, each session followed by another one, until it is time to stop. */
export async function traffic(environment: Environment): Promise<void> {
  const workers = kinds.flatMap((kind) => Array.from({ length: kind.atOnce }, () => kind));
  await Promise.all(workers.map((kind, index) => keepRunning(environment, kind, (rampUp * index) / workers.length)));
}

async function keepRunning(environment: Environment, { name, run }: Kind, after: number): Promise<void> {
  await environment.pause(after);
  while (!environment.stopping.aborted) {
    const entry = environment.book.enter(name);
    const failures = environment.book.failures.length;
    await environment.book.watch(`${name}, session ${entry.number}`, () => run(environment, entry));
    // Without a gateway connections are refused at once: no spinning.
    if (environment.book.failures.length > failures) await environment.pause(1_000);
  }
}
