import { setTimeout as delay } from 'node:timers/promises';
import { cpuSeconds } from '../process/proc.ts';

/** How one measurement is taken; see measureWindow. */
export interface WindowParams {
  /** The forwarder's process; absent when there is none. */
  readonly pid?: number;
  /** Milliseconds of full load before the window opens. */
  readonly warmUp: number;
  /** Milliseconds that the window is open. */
  readonly duration: number;
}

export interface WindowResult {
  /** What was done while the window was open, in the scenario's unit of work. */
  readonly units: number;
  /** How long it was really open. */
  readonly seconds: number;
  /** CPU seconds of the forwarder in the window; 0 when there is none. */
  readonly cpuSeconds: number;
}

/**
 * Measures a load that is already running: lets it warm up, then takes work, clock and the forwarder's CPU at the
 * opening and at the closing of a window, each time in one go, so that the three belong together. What the window
 * shows is steady state: neither connecting at the start nor closing at the end is in it. `onOpen` is called as it opens.
 */
export async function measureWindow(
  params: WindowParams,
  units: () => number,
  onOpen: () => void = () => {},
): Promise<WindowResult> {
  await delay(params.warmUp);
  onOpen();
  const opened = sample(params.pid, units);
  await delay(params.duration);
  const closed = sample(params.pid, units);
  return {
    units: closed.units - opened.units,
    seconds: closed.seconds - opened.seconds,
    cpuSeconds: closed.cpuSeconds - opened.cpuSeconds,
  };
}

function sample(pid: number | undefined, units: () => number): WindowResult {
  return {
    units: units(),
    seconds: performance.now() / 1000,
    cpuSeconds: pid === undefined ? 0 : cpuSeconds(pid),
  };
}
