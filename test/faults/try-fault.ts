import type { Engine } from '../../bench/forwarders/floatgate.ts';
import { Children } from '../../bench/process/children.ts';
import type { Fault, FaultReport, Setting } from './fault.ts';
import { Fixture } from './fixture.ts';
import { hindrance } from './needs.ts';

interface Trial {
  readonly setting: Setting;
  readonly engine: Engine;
  /** The built command. */
  readonly main: string;
  /** What ends all that is left when the whole run is ended. */
  readonly children: Children;
}

/** Tries one fault with one engine. Never throws, and ends all that it started. */
export async function tryFault(fault: Fault, { setting, engine, main, children }: Trial): Promise<FaultReport> {
  const { name, title, load, expected, needs } = fault;
  const begun = performance.now();
  const base = { name, title, engine, load, expected };
  const skipped = hindrance(needs);
  if (skipped !== undefined) return { ...base, seen: [], failures: [], held: 0, skipped, seconds: 0 };
  const own = new Children();
  children.afterwards(() => own.stopAll());
  const atExit = (): void => own.killAll();
  process.once('exit', atExit);
  const fixture = new Fixture({ setting, engine, main, children: own });
  const broken: string[] = [];
  let state: 'running' | 'over' = 'running';
  const fail = (error: unknown): void => {
    // What a fault has asked for and not waited for when it failed is rejected as its processes end.
    if (state === 'running') broken.push(error instanceof Error ? error.message : String(error));
  };
  process.on('unhandledRejection', fail);
  await fault.run(fixture).catch(fail);
  state = 'over';
  await own.stopAll();
  process.off('exit', atExit);
  process.off('unhandledRejection', fail);
  const { seen, failures, held } = fixture.findings;
  const seconds = (performance.now() - begun) / 1_000;
  return { ...base, seen, failures: [...failures, ...broken], held, seconds };
}
