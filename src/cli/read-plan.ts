import { type MachineFacts, readMachineFacts } from '../base/machine-facts.ts';
import type { Outcome } from '../base/problem.ts';
import { type LoadedConfig, loadConfig } from '../config/load-config.ts';
import { findSplice } from '../engine/find-splice.ts';
import { buildPlan } from '../plan/build-plan.ts';
import type { Plan, PlannedEngine } from '../plan/plan.ts';
import { planEngine } from '../plan/plan-engine.ts';
import type { Arguments } from './command.ts';
import type { Io } from './io.ts';

/** What `up` would serve, found out without a socket. */
export interface ReadPlan {
  readonly loaded: LoadedConfig;
  readonly facts: MachineFacts;
  readonly engine: PlannedEngine;
  /** Absent where the subnet is only known once the metadata service has been asked. */
  readonly plan?: Plan;
}

/** For `map` and `check`. Warnings go to stderr. */
export async function readPlan(command: 'map' | 'check', given: Arguments, io: Io): Promise<Outcome<ReadPlan>> {
  const { positionals: _, switches: __, ...sources } = given;
  const loaded = loadConfig({ command, ...sources, environment: io.environment });
  if (!loaded.ok) return loaded;
  await io.stderr.write(loaded.value.warnings.map((warning) => `${warning}\n`).join(''));
  const facts = readMachineFacts(await findSplice(loaded.value.config.engine));
  if (loaded.value.config.gateway?.subnet === 'metadata') {
    const engine = planEngine(loaded.value, facts);
    return engine.ok ? { ok: true, value: { loaded: loaded.value, facts, engine: engine.value } } : engine;
  }
  const plan = buildPlan(loaded.value, facts);
  if (!plan.ok) return plan;
  return { ok: true, value: { loaded: loaded.value, facts, engine: plan.value.engine, plan: plan.value } };
}
