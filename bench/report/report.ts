import type { Forwarder } from '../forwarders.ts';
import type { Figure, Sample, Scenario, Timing } from '../scenarios/scenario.ts';
import type { Machine } from './machine.ts';
import { type Summary, summarise } from './statistics.ts';

/** Everything that a run found out; this is what the JSON file holds. */
export interface Report {
  readonly date: string;
  readonly version: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly timing: Timing;
  readonly scenarios: readonly ScenarioReport[];
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
  /** Median divided by the median of the naive forwarder, by the key of the figure. */
  readonly ratio: Readonly<Record<string, number>>;
  /** The same, round by round. */
  readonly ratioByRound: Readonly<Record<string, Summary>>;
}

/** The forwarder that the others are compared with. */
export const yardstick = 'naive';

/** `samples`: by forwarder, one for each round. */
export function scenarioReport(
  scenario: Scenario,
  forwarders: readonly Forwarder[],
  samples: ReadonlyMap<string, readonly Sample[]>,
): ScenarioReport {
  const { name, title, figures } = scenario;
  const naive = samples.get(yardstick) ?? [];
  return {
    name,
    title,
    figures,
    forwarders: forwarders.map((forwarder) => {
      const own = samples.get(forwarder.name) ?? [];
      const summary: Record<string, Summary> = {};
      const ratio: Record<string, number> = {};
      const ratioByRound: Record<string, Summary> = {};
      for (const { key } of figures) {
        const found = summarise(values(own, key));
        if (found === undefined) continue;
        summary[key] = found;
        const base = summarise(values(naive, key));
        if (base === undefined || forwarder.name === yardstick) continue;
        ratio[key] = found.median / base.median;
        const paired = summarise(values(own, key).map((value, round) => value / (naive[round]?.[key] ?? Number.NaN)));
        if (paired !== undefined) ratioByRound[key] = paired;
      }
      return { name: forwarder.name, samples: own, summary, ratio, ratioByRound };
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

/** floatgate against the naive forwarder, wherever a target is set. */
export function verdicts(report: Report): Verdict[] {
  return report.scenarios.flatMap(({ title, figures, forwarders }) => {
    const floatgate = forwarders.find(({ name }) => name === 'floatgate');
    return figures.flatMap(({ key, label, atMost }) => {
      const ratio = floatgate?.ratio[key];
      const rounds = floatgate?.ratioByRound[key];
      if (atMost === undefined || ratio === undefined || rounds === undefined) return [];
      const what = `${label}: ${title}`;
      return [{ what, ratio, lowest: rounds.min, highest: rounds.max, atMost, met: ratio <= atMost }];
    });
  });
}
