import type { Logger } from 'pino';
import type { CloseReason } from '../base/close-reason.ts';
import { numberRanges } from '../base/number-ranges.ts';
import { diffPlans, type PlanDiff, type SettingChange } from '../plan/diff-plans.ts';
import type { Plan, PlannedDrain } from '../plan/plan.ts';
import type { SessionObserver, SessionSnapshot } from '../session/session-events.ts';
import type { SessionTable } from '../session/session-table.ts';
import type { TakenOut } from '../upstream/taken-out.ts';
import type { DenialCount } from './denial-log.ts';
import { Drain, type DrainLeft } from './drain.ts';
import { type GatewayParts, makeParts } from './gateway-parts.ts';
import { inPieces } from './in-pieces.ts';
import { explainFailures, type ListenerFailures, portsOf } from './listener-failure.ts';
import type { Routes } from './routes.ts';

export interface GatewayOptions {
  readonly logger: Logger;
  /** Notified when sessions open and close. */
  readonly observer: SessionObserver;
  /** Whether a port that cannot be bound makes the start, or a new plan, fail, or is left out. */
  readonly busyPorts: 'fail' | 'skip';
}

export type GatewayStart =
  | { readonly kind: 'started'; readonly gateway: Gateway }
  /** Nothing is served. */
  | { readonly kind: 'failed'; readonly failures: readonly ListenerFailures[] };

/** What came of a new plan. */
export type Applied =
  | { readonly kind: 'applied'; readonly diff: PlanDiff }
  /**
   * These listeners cannot be opened; nothing has changed. `lost`: old ones that were closed to make room, and could
   * not be opened again. Each change that follows tries them.
   */
  | {
      readonly kind: 'failed';
      readonly failures: readonly ListenerFailures[];
      readonly lost: readonly ListenerFailures[];
    }
  /** These settings cannot change while the gateway runs; nothing has changed. */
  | { readonly kind: 'needs restart'; readonly settings: readonly SettingChange[] }
  /** It drains, or is closed; nothing has changed. */
  | { readonly kind: 'ending' };

/** Opens every listener of `plan` and serves. Clients wait until all are open. */
export async function startGateway(plan: Plan, options: GatewayOptions): Promise<GatewayStart> {
  const parts = await makeParts(plan, options);
  const gateway = new Gateway(plan, parts, options);
  const failures = await gateway.start();
  return failures === undefined ? { kind: 'started', gateway } : { kind: 'failed', failures };
}

/** A running gateway. */
export class Gateway {
  private current: Plan;
  private failures: readonly ListenerFailures[] = [];
  private readonly parts: GatewayParts;
  private readonly options: GatewayOptions;
  private readonly ending: Drain;
  /** The change under way; settled where there is none. */
  private changing: Promise<unknown> = Promise.resolve();

  /** For `startGateway` alone. */
  constructor(plan: Plan, parts: GatewayParts, options: GatewayOptions) {
    this.current = plan;
    this.parts = parts;
    this.options = options;
    this.ending = new Drain({
      table: parts.context.table,
      closeListeners: () => this.closeListeners(),
      finish: () => this.finish(),
    });
  }

  get plan(): Plan {
    return this.current;
  }

  /** Listeners of the plan that are not open: with `busyPorts: 'skip'`, or `lost` in a change that has failed. */
  get skipped(): readonly ListenerFailures[] {
    return this.failures;
  }

  /** Listeners that are up. */
  get served(): number {
    return this.parts.listeners.size;
  }

  get state(): Drain['state'] {
    return this.ending.state;
  }

  get table(): SessionTable {
    return this.parts.context.table;
  }

  get routes(): Routes {
    return this.parts.routes;
  }

  /** What the operator has taken out. */
  get takenOut(): TakenOut {
    return this.parts.takenOut;
  }

  sessions(): SessionSnapshot[] {
    return this.table.snapshots();
  }

  isOpen(key: string): boolean {
    return this.parts.listeners.has(key);
  }

  /** Sessions that have ended since the start, by reason. */
  endings(): Partial<Record<CloseReason, number>> {
    return this.table.endings();
  }

  /** Clients denied since the start, by service or forward and cause. */
  denials(): readonly DenialCount[] {
    return this.parts.denials.counts();
  }

  /** Clients since the start for whom there was neither a session nor a place to wait. */
  turnedAway(): number {
    return this.parts.turnedAway.total;
  }

  /** For `startGateway` alone. Returns why nothing is served. */
  async start(): Promise<readonly ListenerFailures[] | undefined> {
    const none = { blocked: [], blocking: [] };
    const bound = await this.parts.listeners.bind(this.current.listeners, none, this.options.busyPorts, () => {});
    this.failures = await explainFailures(bound.failed);
    for (const failure of this.failures) this.logFailure(failure);
    if (!bound.ok || (this.failures.length > 0 && this.served === 0)) {
      await this.close();
      return this.failures;
    }
    this.serve();
    return undefined;
  }

  /**
   * Changes to the next plan. New listeners are bound first; if one cannot be, nothing has changed. Listeners that stay
   * are not touched: their sessions, queues and counts live on. One change at a time: not to be called before the one
   * before has resolved.
   *
   * @param removed whether the sessions of listeners that are removed, now or earlier, live on, or end as `killed`
   */
  apply(next: Plan, removed: 'live on' | 'end' = 'live on'): Promise<Applied> {
    const change = this.change(next, removed);
    this.changing = change.catch(() => {});
    return change;
  }

  /**
   * Ends in steps: clients are accepted for `grace` more; then listeners close; then sessions may end by themselves
   * until the deadline, and are ended as `drained`. Resolves when all is closed. A further call can only shorten it.
   */
  drain(how: PlannedDrain = this.current.drain): Promise<void> {
    return this.ending.begin(how);
  }

  /** How long a drain that has begun may take. */
  drainLeft(): DrainLeft {
    return this.ending.left();
  }

  /** Ends everything at once. May be called during a drain, and twice. */
  close(): Promise<void> {
    this.ending.closeAtOnce();
    return this.ending.done;
  }

  private async change(next: Plan, removed: 'live on' | 'end'): Promise<Applied> {
    const diff = diffPlans(this.current, next);
    if (diff.needsRestart.length > 0) return { kind: 'needs restart', settings: diff.needsRestart };
    if (this.state !== 'serving') return { kind: 'ending' };
    const { listeners, routes, context } = this.parts;
    const bound = await listeners.bind(next.listeners, diff.listeners, this.options.busyPorts, (listener) =>
      listener.serve(routes.route(listener.planned)),
    );
    const failures = await explainFailures(bound.failed);
    const lost = bound.ok ? [] : await explainFailures(bound.lost);
    // A drain that began meanwhile has not closed what was bound after it.
    if (this.ending.listenersClosed) {
      this.closeListeners();
      return { kind: 'ending' };
    }
    if (!bound.ok) {
      for (const failure of lost) this.logFailure(failure);
      this.failures = [...this.failures, ...lost];
      context.engine.admitWaiting();
      return { kind: 'failed', failures, lost };
    }
    for (const failure of failures) this.logFailure(failure);
    this.failures = failures;
    this.current = next;
    this.parts.update(next);
    const gone = diff.listeners.removed.map(({ key }) => key);
    const kept = new Set(next.listeners.map(({ key }) => key));
    listeners.close(gone.filter((key) => !kept.has(key)));
    this.serve();
    if (removed === 'end') {
      await inPieces(this.table.live(), (session) => {
        if (!kept.has(session.listener.key)) session.kill('killed');
      });
    }
    return { kind: 'applied', diff };
  }

  /** Every open listener gets its route of the present plan. */
  private serve(): void {
    const { listeners, routes, context, checks } = this.parts;
    const open = this.current.listeners.filter(({ key }) => listeners.has(key));
    const byKey = new Map(open.map((planned) => [planned.key, planned]));
    for (const listener of listeners.all()) {
      const planned = byKey.get(listener.planned.key);
      if (planned !== undefined) listener.serve(routes.route(planned));
    }
    checks.update(routes.poolsOf(open), this.current.limits.healthChecks);
    context.engine.admitWaiting();
  }

  private closeListeners(): void {
    const { listeners } = this.parts;
    listeners.close(listeners.all().map(({ planned }) => planned.key));
  }

  private async finish(): Promise<void> {
    const { checks, context, denials, turnedAway } = this.parts;
    // What it binds must be closed before the engine shuts down.
    await this.changing;
    await checks.stop();
    await context.table.empty();
    denials.close();
    turnedAway.flush();
    context.engine.shutDown();
  }

  private logFailure(failure: ListenerFailures): void {
    this.options.logger.error(failureFields(failure), failure.message);
  }
}

/** One listener has its key, several have their ports. */
function failureFields({ listeners, code }: ListenerFailures): object {
  const [first] = listeners;
  if (first !== undefined && listeners.length === 1) return { listener: first.key, code };
  return { listeners: listeners.length, ports: numberRanges(portsOf(listeners)), code };
}
