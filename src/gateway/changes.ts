import { performance } from 'node:perf_hooks';
import type { Logger } from 'pino';
import type { Answer, Refusal } from '../admin/control.ts';
import type { AddForwards, Reloaded, ReloadRequest, RemoveForwards } from '../admin/schemas.ts';
import { diffPlans, isUnchanged } from '../plan/diff-plans.ts';
import type { LogLevel, Plan, PlannedListener } from '../plan/plan.ts';
import { AddedForwards } from './added-forwards.ts';
import { ChangeHistory, type Trigger } from './change-history.ts';
import { addedListeners, describeChanges, summaryOf } from './describe-changes.ts';
import type { Gateway } from './gateway.ts';
import type { PlanSource, Reading } from './plan-source.ts';
import { ending, listenersFailed, needRestart, refusalOf } from './refusals.ts';
import { skippedRows } from './status.ts';

/** A log whose level follows the plan. */
export interface LogOfChanges {
  readonly logger: Logger;
  level: LogLevel;
}

const asUsual: ReloadRequest = { dryRun: false, cutRemoved: false };

/** Problems of one configuration that are logged; the caller gets all. */
const mostLogged = 20;

/**
 * Changes a running gateway: reads the configuration again, plans, and applies the plan, one change at a time. What is
 * refused changes nothing.
 */
export class Changes {
  readonly history = new ChangeHistory();
  readonly added: AddedForwards;
  private readonly gateway: Gateway;
  private readonly source: PlanSource;
  private readonly log: LogOfChanges;
  /** Settles when no change is under way. */
  private last: Promise<unknown> = Promise.resolve();
  private waiting: 'none' | 'reload' = 'none';

  constructor(gateway: Gateway, source: PlanSource, log: LogOfChanges) {
    this.gateway = gateway;
    this.source = source;
    this.log = log;
    this.added = new AddedForwards((listen) => this.alone('expiry', () => this.expired(listen)));
  }

  /** Reads the configuration again, and applies it. */
  reload(trigger: Trigger, request: ReloadRequest): Promise<Answer<Reloaded>> {
    return this.next(() => this.change(trigger, 'read again', this.added.texts(), request));
  }

  /** A signal, or a watched file: further ones that come before this one begins are one with it. */
  reloadSoon(trigger: Trigger): void {
    if (this.waiting === 'reload') return;
    this.waiting = 'reload';
    this.alone(trigger, async () => {
      this.waiting = 'none';
      const answer = await this.change(trigger, 'read again', this.added.texts(), asUsual);
      // The log alone can tell whoever sent the signal, or edited the file.
      if (!answer.ok && answer.refusal === ending) this.log.logger.warn({ trigger }, ending.detail);
    });
  }

  addForwards({ forwards, forMs }: AddForwards): Promise<Answer<Reloaded>> {
    return this.next(async () => {
      const wanted = [...this.added.texts(), ...forwards];
      const answer = await this.change('command', 'as applied', wanted, asUsual);
      if (answer.ok) this.added.add(forwards, forMs);
      return answer;
    });
  }

  removeForwards({ listen }: RemoveForwards): Promise<Answer<Reloaded>> {
    return this.next(async () => {
      const unknown = listen.filter((one) => !this.added.has(one));
      if (unknown.length > 0) return { ok: false, refusal: notAdded(unknown) };
      const wanted = this.added.texts(listen);
      const answer = await this.change('command', 'as applied', wanted, asUsual);
      if (answer.ok) this.added.remove(listen);
      return answer;
    });
  }

  /** No change begins any more; one under way goes on. */
  close(): void {
    this.added.close();
  }

  private async expired(listen: string): Promise<void> {
    if (!this.added.has(listen)) return;
    const wanted = this.added.texts([listen]);
    const answer = await this.change('expiry', 'as applied', wanted, asUsual);
    if (answer.ok) this.added.remove([listen]);
    else if (answer.refusal !== ending) this.added.expireLater(listen);
  }

  /** A change that nobody waits for. A bug in it must not end the process, and all sessions with it. */
  private alone(trigger: Trigger, work: () => Promise<void>): void {
    this.next(work).catch((error: unknown) => {
      this.log.logger.error({ err: error, trigger }, 'a change has met a bug; the gateway goes on');
    });
  }

  private next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.last.then(work);
    this.last = done.catch(() => {});
    return done;
  }

  private async change(
    trigger: Trigger,
    reading: Reading,
    added: readonly string[],
    { dryRun, cutRemoved }: ReloadRequest,
  ): Promise<Answer<Reloaded>> {
    const begun = performance.now();
    const tookMs = (): number => Math.round(performance.now() - begun);
    if (this.gateway.state !== 'serving') return { ok: false, refusal: ending };
    const replanned = await this.source.plan(reading, added);
    if (!replanned.ok) return this.refuse(trigger, dryRun, refusalOf(replanned.problems), tookMs());

    const { plan: next, loaded } = replanned;
    const { plan: old, routes } = this.gateway;
    const warnings = [...replanned.warnings, ...next.notes.filter((note) => !old.notes.includes(note))];
    const diff = diffPlans(old, next);
    const restart = needRestart(diff.needsRestart, loaded);
    if (restart !== undefined) return this.refuse(trigger, dryRun, restart, tookMs());
    const sessions = (key: string): number => routes.sessionsThrough(key);
    const changes = describeChanges(diff, { old, next }, sessions);
    if (dryRun) {
      return {
        ok: true,
        value: { outcome: 'dry run', changes: [...changes], warnings, skipped: [], tookMs: tookMs() },
      };
    }
    const nothingToDo = isUnchanged(diff) && this.gateway.skipped.length === 0 && !cutRemoved;
    const opened: Answer<readonly PlannedListener[]> = nothingToDo
      ? { ok: true, value: [] }
      : await this.apply(next, cutRemoved ? 'end' : 'live on');
    if (!opened.ok) {
      return opened.refusal === ending ? opened : this.refuse(trigger, dryRun, opened.refusal, tookMs());
    }
    replanned.accept();
    // A level that was set while the gateway runs stays, unless the plan's own has changed.
    if (old.log.level !== next.log.level) this.log.level = next.log.level;
    return this.accepted(trigger, {
      summary: summaryOf(diff, opened.value.length),
      changes: [...changes, ...addedListeners(opened.value, sessions)],
      warnings,
      tookMs: tookMs(),
    });
  }

  /** Returns the listeners that were skipped before, and are open now. */
  private async apply(next: Plan, removed: 'live on' | 'end'): Promise<Answer<readonly PlannedListener[]>> {
    const skipped = new Set(this.gateway.skipped.flatMap(({ listeners }) => listeners.map(({ key }) => key)));
    const applied = await this.gateway.apply(next, removed);
    switch (applied.kind) {
      case 'applied':
        return { ok: true, value: next.listeners.filter(({ key }) => skipped.has(key) && this.gateway.isOpen(key)) };
      case 'failed':
        return { ok: false, refusal: listenersFailed(applied, next) };
      case 'ending':
        return { ok: false, refusal: ending };
      case 'needs restart':
        throw new Error('Cannot apply: the same diff needed no restart before');
    }
  }

  private accepted(
    trigger: Trigger,
    { summary, ...made }: Pick<Reloaded, 'changes' | 'warnings' | 'tookMs'> & { readonly summary: string },
  ): Answer<Reloaded> {
    const { changes, warnings, tookMs } = made;
    const outcome = changes.length === 0 ? 'unchanged' : 'applied';
    for (const warning of warnings) this.log.logger.warn(warning);
    const fields = { trigger, listeners: this.gateway.served, sessions: this.gateway.plan.limits.sessions, tookMs };
    this.log.logger.info(fields, `configuration reloaded: ${summary}`);
    this.history.add({ trigger, outcome, summary, tookMs });
    return { ok: true, value: { outcome, ...made, skipped: skippedRows(this.gateway) } };
  }

  private refuse(trigger: Trigger, dryRun: boolean, refusal: Refusal, tookMs: number): Answer<Reloaded> {
    if (dryRun) return { ok: false, refusal };
    const { problems = [] } = refusal;
    const [first] = problems;
    const summary = first === undefined ? refusal.detail : [first.place, first.message].filter(Boolean).join(': ');
    for (const { place, message } of problems.slice(0, mostLogged)) this.log.logger.error({ place }, message);
    this.log.logger.error({ trigger, problems: problems.length, tookMs }, refusal.detail);
    this.history.add({ trigger, outcome: 'refused', summary, tookMs });
    return { ok: false, refusal };
  }
}

function notAdded(listen: readonly string[]): Refusal {
  const detail =
    `Cannot remove ${listen.join(', ')}: no such forward was added while the gateway runs; ` +
    "'floatgate status' lists those that were, and forwards of the configuration go by an edit and a reload";
  return { status: 404, detail };
}
