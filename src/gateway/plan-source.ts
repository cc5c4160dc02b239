import type { Problem } from '../base/problem.ts';
import type { LoadedConfig } from '../config/read-config.ts';
import type { Plan } from '../plan/plan.ts';

/**
 * What a next plan is made from. `read again`: file, facts of the machine, and the metadata service are asked anew.
 * `as applied`: all of it is as it was for the plan that is served, so that this cannot fail because of an edit that
 * nobody has applied yet.
 */
export type Reading = 'read again' | 'as applied';

/** Where plans come from while a gateway runs. */
export interface PlanSource {
  /** Makes a plan. `added`: forwards (`LISTEN=TARGET`) that the operator has added. Never rejects but for bugs. */
  plan(reading: Reading, added: readonly string[]): Promise<Replanned>;
}

export type Replanned =
  | {
      readonly ok: true;
      readonly plan: Plan;
      readonly loaded: LoadedConfig;
      /** For the operator: a flag hides a changed key, a variable is unknown. */
      readonly warnings: readonly string[];
      /** The plan is served from now on: `as applied` means this one. */
      accept(): void;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };
