import type { Endpoint } from '../agents/endpoint.ts';
import type { WindowResult } from '../agents/window.ts';
import type { Children } from '../process/children.ts';

/** A kind of load, and what is learnt from it. */
export interface Scenario {
  /** As typed after --scenario. */
  readonly name: string;
  readonly title: string;
  readonly figures: readonly Figure[];
  /** Starts its targets and load generators, each in a process of its own. */
  start(children: Children, timing: Timing): Promise<ScenarioRun>;
}

/** One number that a measurement yields. */
export interface Figure {
  readonly key: string;
  readonly label: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  /** `forwarder`: there is none when the load goes to the target directly. */
  readonly of: 'path' | 'forwarder';
  /** The highest ratio to the naive forwarder that floatgate aims at. */
  readonly atMost?: number;
  /** What is shown in the chart; the table has all. */
  readonly charted?: true;
}

/** `requests/s`, `CPU per GB, ms`. */
export function withUnit({ label, unit }: Figure): string {
  return unit.startsWith('/') ? label + unit : `${label}, ${unit}`;
}

/** Milliseconds of load before and during a measurement. */
export interface Timing {
  readonly warmUp: number;
  readonly duration: number;
}

/** What one measurement yielded, by the key of the figure; what does not apply is absent. */
export type Sample = Readonly<Record<string, number>>;

interface ScenarioRun {
  readonly target: Endpoint;
  /** Rejects when anything came out wrong: a figure of a broken run is worse than none. */
  measure(at: Endpoint, pid: number | undefined): Promise<Sample>;
  stop(): Promise<void>;
}

/** The window's throughput and, where there is a forwarder, its CPU; `scale` makes the CPU's unit of seconds. */
export function costs(result: WindowResult, pid: number | undefined, scale: number): Sample {
  const rate = result.units / result.seconds;
  return pid === undefined ? { rate } : { rate, cpu: (result.cpuSeconds / result.units) * scale };
}

/** What is passed on to `measureWindow` in the load's process. */
export function windowOf(timing: Timing, pid: number | undefined): { pid?: number; warmUp: number; duration: number } {
  return { warmUp: timing.warmUp, duration: timing.duration, ...(pid === undefined ? {} : { pid }) };
}
