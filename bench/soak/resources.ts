import type { Check } from '../stress/climb.ts';
import type { SoakResult } from './run.ts';

/**
 * MiB between the medians of the second and the last quarter. Garbage collection moves resident memory by several MiB
 * from one sample to the next, a 10-minute run has some 50,000 sessions, and one kept buffer of 16 KiB per thousand of
 * them, or 350 bytes for each, would go beyond.
 */
const growth = 16;
/** Seconds of CPU a second without traffic: timers, and /proc counts in hundredths. */
const idleCpu = 0.05;

/** What is measured rather than counted: it needs a run of some length, and a machine that is not overloaded. */
export function resourceChecks({ memory, idleCpu: seen }: SoakResult): Check[] {
  const grown = memory.last - memory.second;
  return [
    {
      what: `RSS grows by at most ${growth} MiB from the second to the last quarter`,
      holds: grown <= growth,
      seen:
        `${memory.second.toFixed(1)} to ${memory.last.toFixed(1)} MiB; ` +
        `slope over the second half ${memory.slope.toFixed(2)} MiB a minute`,
    },
    {
      what: `CPU is idle once traffic is over: at most ${idleCpu * 100} %`,
      holds: seen <= idleCpu,
      seen: `${(seen * 100).toFixed(1)} %`,
    },
  ];
}
