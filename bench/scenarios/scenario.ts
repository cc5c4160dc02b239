import type { Endpoint } from '../agents/endpoint.ts';
import type { WindowParams, WindowResult } from '../agents/window.ts';
import type { Logs, Running } from '../forwarders/start.ts';
import { totalOf } from '../process/proc.ts';
import type { Stage } from '../process/stage.ts';

/** A kind of load, and what is learnt from it. */
export interface Scenario {
  /** As typed after --scenario. */
  readonly name: string;
  readonly title: string;
  readonly figures: readonly Figure[];
  /** What forwarders log meanwhile; those that cannot do not take part. */
  readonly logs: Logs;
  /** Starts its targets and load generators, each in a process of its own. */
  start(stage: Stage, timing: Timing): Promise<ScenarioRun>;
}

/** One number that a measurement yields. */
export interface Figure {
  readonly key: string;
  readonly label: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  /** `forwarder`: there is none when no process forwards. */
  readonly of: 'path' | 'forwarder';
  /** What is shown in the chart; the table has all. */
  readonly charted?: true;
}

/** `requests/s`, `CPU per GB, ms`. */
export function withUnit({ label, unit }: Figure): string {
  return unit.startsWith('/') ? label + unit : `${label}, ${unit}`;
}

/** Milliseconds of load before and during a measurement, and what else is watched then. */
export type Timing = Omit<WindowParams, 'pid'>;

/** What one measurement yielded, by the key of the figure; what does not apply is absent. */
export type Sample = Readonly<Record<string, number>>;

/** What came out, and the window that it came from where there was one. */
export interface Measurement {
  readonly sample: Sample;
  readonly window?: WindowResult;
}

export interface ScenarioRun {
  readonly target: Endpoint;
  /**
   * With no more than `mostSessions` at once; loads of a few hundred need not look. Rejects when anything came out
   * wrong: a figure of a broken run is worse than none.
   */
  measure(forwarder: Running, mostSessions: number): Promise<Measurement>;
  stop(): Promise<void>;
}

/**
 * The window's throughput and, where there is a forwarder, its CPU; `scale` makes the CPU's unit of seconds. `others`
 * are figures of the scenario's own.
 */
export function costs(
  window: WindowResult,
  { pid }: Running,
  scale: number,
  others: Sample = {},
): { readonly sample: Sample; readonly window: WindowResult } {
  const rate = window.units / window.seconds;
  const cpu = pid === undefined ? {} : { cpu: (totalOf(window.cpu) / window.units) * scale };
  return { sample: { rate, ...cpu, ...others }, window };
}

/** What is passed on to `measureWindow` in the load's process. */
export function windowOf(timing: Timing, { pid }: Running): WindowParams {
  return { ...timing, ...(pid === undefined ? {} : { pid }) };
}
