import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MachineFacts } from '../base/machine-facts.ts';
import type { Problem } from '../base/problem.ts';
import { hiddenChanges } from '../config/hidden-changes.ts';
import { type ConfigSources, type LoadedConfig, readConfig } from '../config/read-config.ts';
import type { ConfigText } from '../config/read-config-file.ts';
import type { PlanSource, Reading, Replanned } from '../gateway/plan-source.ts';
import { buildPlan } from '../plan/build-plan.ts';
import type { Network } from '../plan/map-gateway.ts';
import { type FoundNetwork, findNetwork } from './find-network.ts';
import { logFileProblems } from './open-log.ts';
import { readContentAgain } from './read-sources.ts';

/** What a plan was made from. */
interface PlannedFrom {
  readonly loaded: LoadedConfig;
  readonly facts: MachineFacts;
  /** The metadata service's answer, where the configuration needs it. */
  readonly network?: Network | undefined;
  /** What the file held; absent without a file. */
  readonly content?: ConfigText | undefined;
}

export interface PlanSourceOptions {
  /** What the first plan was made from. */
  readonly first: PlannedFrom;
  /** Warnings that were shown at the start. */
  readonly shown: readonly string[];
  /** The facts of the machine as they are now, but for the number of descriptors that are open. */
  readFacts(open: number): MachineFacts;
}

/** Milliseconds that the metadata service has to answer while a gateway runs. */
const metadataPatience = 5_000;

/**
 * Plans of a gateway that runs, from the same words, environment and file as the first one. The loop has its turn
 * between the steps: each takes a few milliseconds.
 */
export function planSource(sources: ConfigSources, { first, shown, readFacts }: PlanSourceOptions): PlanSource {
  let applied = first;
  const readAgain = (): Pick<PlannedFrom, 'facts' | 'content'> => ({
    content: readContentAgain(sources),
    // Budgets are those of the start: what sessions and listeners hold by now is no part of them.
    facts: { ...readFacts(first.facts.descriptors.open), memory: first.facts.memory },
  });
  return {
    async plan(reading: Reading, added: readonly string[]): Promise<Replanned> {
      const { content, facts } = reading === 'as applied' ? applied : readAgain();
      await nextTurn();
      const read = readConfig({ ...sources, content, added });
      if (!read.ok) return { ok: false, problems: read.problems };
      const loaded = read.value;
      await nextTurn();
      const found = reading === 'as applied' ? known(applied.network) : await askForNetwork(loaded);
      if (found.kind === 'failed') return { ok: false, problems: [noNetwork(loaded, found.message)] };
      const network = found.kind === 'found' ? found : undefined;
      await nextTurn();
      const planned = buildPlan(loaded, facts, network);
      const problems = [...(planned.ok ? [] : planned.problems), ...logFileProblems(loaded)];
      if (!planned.ok || problems.length > 0) return { ok: false, problems };
      await nextTurn();
      const warnings = [
        ...read.warnings.filter((warning) => !shown.includes(warning)),
        ...hiddenChanges(applied.loaded, loaded),
      ];
      return {
        ok: true,
        plan: planned.value,
        loaded,
        warnings,
        accept() {
          applied = { loaded, facts, network, content };
        },
      };
    },
  };
}

function known(network: Network | undefined): FoundNetwork {
  return network === undefined ? { kind: 'not needed' } : { kind: 'found', ...network };
}

function askForNetwork(loaded: LoadedConfig): Promise<FoundNetwork> {
  return findNetwork(loaded, { timeout: metadataPatience, tries: 'one', onLine: () => {} });
}

function noNetwork({ place }: LoadedConfig, message: string): Problem {
  return { place: place(['gateway', 'subnet']), message };
}
