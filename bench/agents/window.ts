import { setTimeout as delay } from 'node:timers/promises';
import { type CpuTime, cpuTime } from '../process/proc.ts';
import { countSystemCalls } from './system-calls.ts';

/** How one measurement is taken; see measureWindow. */
export interface WindowParams {
  /** The forwarder's process; absent when there is none. */
  readonly pid?: number;
  /** Milliseconds of full load before the window opens. */
  readonly warmUp: number;
  /** Milliseconds that the window is open. */
  readonly duration: number;
  /** Counted with strace(1), which slows the forwarder down: the other figures of such a window mean nothing. */
  readonly systemCalls?: 'counted';
}

export interface WindowResult {
  /** What was done while the window was open, in the scenario's unit of work. */
  readonly units: number;
  /** How long it was really open. */
  readonly seconds: number;
  /** CPU of the forwarder in the window; 0 when there is none. */
  readonly cpu: CpuTime;
  /** When it opened and closed on the system's monotonic clock, microseconds: every process shares that clock. */
  readonly opened: number;
  readonly closed: number;
  /** How often each was called, where that was asked for. */
  readonly systemCalls?: Readonly<Record<string, number>>;
}

/**
 * Measures a load that is already running: lets it warm up, then takes work, clock and the forwarder's CPU at the
 * opening and at the closing of a window, each time in one go, so that the three belong together. The window shows
 * steady state, without connecting at the start and closing at the end. `onOpen` is called as it opens.
 */
export async function measureWindow(
  params: WindowParams,
  units: () => number,
  onOpen: () => void = () => {},
): Promise<WindowResult> {
  await delay(params.warmUp);
  const counting =
    params.systemCalls === undefined || params.pid === undefined ? undefined : await countSystemCalls(params.pid);
  onOpen();
  const opened = sample(params.pid, units);
  await delay(params.duration);
  const closed = sample(params.pid, units);
  const counted = await counting?.();
  return {
    units: closed.units - opened.units,
    seconds: (closed.at - opened.at) / 1e6,
    cpu: {
      user: closed.cpu.user - opened.cpu.user,
      system: closed.cpu.system - opened.cpu.system,
      descendants: closed.cpu.descendants - opened.cpu.descendants,
    },
    opened: opened.at,
    closed: closed.at,
    ...(counted === undefined ? {} : { systemCalls: counted }),
  };
}

interface WindowSample {
  readonly units: number;
  readonly at: number;
  readonly cpu: CpuTime;
}

function sample(pid: number | undefined, units: () => number): WindowSample {
  return {
    units: units(),
    at: Number(process.hrtime.bigint()) / 1e3,
    cpu: pid === undefined ? { user: 0, system: 0, descendants: 0 } : cpuTime(pid),
  };
}
