import type { Figure, Sample, Timing } from '../scenarios/scenario.ts';
import type { Comparison } from './comparison.ts';
import type { Machine } from './machine.ts';
import { type Summary, summarise } from './statistics.ts';

/** Everything that a run found out; this is what the JSON file holds. */
export interface Report {
  readonly date: string;
  readonly version: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly timing: Timing;
  readonly comparison: Comparison;
  readonly measured: readonly Measured[];
  readonly leftOut: readonly LeftOut[];
  readonly scenarios: readonly ScenarioReport[];
}

/** One of those that took part. */
interface Measured {
  readonly name: string;
  readonly version?: string;
  readonly remark?: string;
}

/** A forwarder that has no figure, in one scenario or in any, and why. */
export interface LeftOut {
  readonly name: string;
  readonly scenario?: string;
  readonly why: string;
}

export interface ScenarioReport {
  readonly name: string;
  readonly title: string;
  readonly figures: readonly Figure[];
  readonly forwarders: readonly ForwarderReport[];
}

export interface ForwarderReport {
  readonly name: string;
  /** One for each round, in order. */
  readonly samples: readonly Sample[];
  /** By the key of the figure. */
  readonly summary: Readonly<Record<string, Summary>>;
  /** Median divided by the yardstick's median, by the key of the figure. */
  readonly ratio: Readonly<Record<string, number>>;
  /** The same, round by round. */
  readonly ratioByRound: Readonly<Record<string, Summary>>;
}

/** `samples`: by forwarder, in the order in which they are shown, one for each round. */
export function scenarioReport(
  { name, title, figures }: Omit<ScenarioReport, 'forwarders'>,
  samples: ReadonlyMap<string, readonly Sample[]>,
  yardstick: string,
): ScenarioReport {
  const bases = samples.get(yardstick) ?? [];
  return {
    name,
    title,
    figures,
    forwarders: [...samples].map(([forwarder, own]) => {
      const summary: Record<string, Summary> = {};
      const ratio: Record<string, number> = {};
      const ratioByRound: Record<string, Summary> = {};
      for (const { key } of figures) {
        const found = summarise(values(own, key));
        if (found === undefined) continue;
        summary[key] = found;
        const base = summarise(values(bases, key));
        if (base === undefined || forwarder === yardstick) continue;
        ratio[key] = found.median / base.median;
        const paired = summarise(values(own, key).map((value, round) => value / (bases[round]?.[key] ?? Number.NaN)));
        if (paired !== undefined) ratioByRound[key] = paired;
      }
      return { name: forwarder, samples: own, summary, ratio, ratioByRound };
    }),
  };
}

function values(samples: readonly Sample[], key: string): number[] {
  return samples.flatMap((sample) => sample[key] ?? []);
}

/** What one target of the project came to. */
export interface Verdict {
  readonly what: string;
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
  readonly atMost: number;
  readonly met: boolean;
}

/** The subject against the yardstick, wherever a target is set and both were measured. */
export function verdicts({ comparison, scenarios }: Report): Verdict[] {
  return comparison.aims.flatMap(({ scenario, figure, atMost }) => {
    const report = scenarios.find(({ name }) => name === scenario);
    const subject = report?.forwarders.find(({ name }) => name === comparison.subject);
    const label = report?.figures.find(({ key }) => key === figure)?.label;
    const ratio = subject?.ratio[figure];
    const rounds = subject?.ratioByRound[figure];
    if (report === undefined || ratio === undefined || rounds === undefined) return [];
    const what = `${label}: ${report.title}`;
    return [{ what, ratio, lowest: rounds.min, highest: rounds.max, atMost, met: ratio <= atMost }];
  });
}
