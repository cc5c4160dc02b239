import type { Plan, PlannedListener } from './plan.ts';

/** What is different in the next plan. Plain data. */
export interface PlanDiff {
  readonly listeners: {
    readonly added: readonly PlannedListener[];
    readonly removed: readonly PlannedListener[];
    /** The socket stays; it leads elsewhere, or belongs to another service or forward. */
    readonly changed: readonly { readonly before: PlannedListener; readonly after: PlannedListener }[];
    /**
     * Those of `added` that cannot be bound while one of `removed` is: 0.0.0.0:80 becomes 10.0.0.7:80, or the same
     * address becomes dual-stack. (Such a listener is in `removed` and `added`, with the same key.)
     */
    readonly blocked: readonly PlannedListener[];
    /** Those of `removed` that are in the way of `blocked`. */
    readonly blocking: readonly PlannedListener[];
  };
  readonly pools: NameChanges;
  readonly rules: NameChanges;
  /** Settings of the gateway as a whole, by the path of their keys: `limits.sessions`, `drain.grace`, `public`. */
  readonly settings: readonly SettingChange[];
  /** What a running gateway cannot change: `engine`, `log.file`, `log.format`, `control`. */
  readonly needsRestart: readonly SettingChange[];
}

export interface NameChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** With the keys that differ, for people: `access`, `timeouts.idle`, `targets`. */
  readonly changed: readonly { readonly name: string; readonly keys: readonly string[] }[];
}

export interface SettingChange {
  readonly name: string;
  /** As people read them; empty where there is none. */
  readonly before: string;
  readonly after: string;
}

/** Compares two plans: listeners by key, pools and rules by name. Pure. */
export function diffPlans(_old: Plan, _next: Plan): PlanDiff {
  throw new Error('not built yet');
}

/** Whether nothing at all is different. */
export function isUnchanged(_diff: PlanDiff): boolean {
  throw new Error('not built yet');
}
