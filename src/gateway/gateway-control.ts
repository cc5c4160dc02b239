import type { Logger } from 'pino';
import type { Answer, GatewayControl } from '../admin/control.ts';
import type {
  AddForwards,
  Draining,
  DrainRequest,
  Ended,
  ListenerPage,
  ListenerQuery,
  LogLevelChange,
  Reloaded,
  ReloadRequest,
  RemoveForwards,
  SessionFilter,
  SessionPage,
  SessionQuery,
  Status,
  TakenOut,
  TakeOutRequest,
  TargetPage,
  TargetQuery,
} from '../admin/schemas.ts';
import type { PlannedDrain } from '../plan/plan.ts';
import type { Changes } from './changes.ts';
import type { Gateway } from './gateway.ts';
import { endSessions, pageOfSessions } from './live-sessions.ts';
import { pageOfListeners, pageOfTargets } from './served-pages.ts';
import { servedRows, sessionCounts, skippedRows } from './status.ts';
import { outRows, takeOut } from './take-out.ts';
import type { Traffic } from './traffic.ts';

/** What a gateway does not know of itself. */
export type About = Pick<Status, 'instance' | 'version' | 'command' | 'startedAt'> & {
  /** The configuration file. */
  readonly config: string | undefined;
};

export interface ControlOptions {
  readonly gateway: Gateway;
  readonly changes: Changes;
  readonly traffic: Traffic;
  readonly logger: Logger;
  readonly about: About;
  /** The level of the log, which can be set. */
  readonly log: { level: LogLevelChange['level'] };
  /** Begins to end the process in these steps. */
  readonly drain: (how: PlannedDrain) => void;
}

/** A running gateway as the control socket sees it. */
export class Control implements GatewayControl {
  private readonly options: ControlOptions;

  constructor(options: ControlOptions) {
    this.options = options;
  }

  readiness(): 'ready' | 'draining' {
    return this.options.gateway.state === 'serving' ? 'ready' : 'draining';
  }

  async status(): Promise<Status> {
    const { gateway, changes, traffic, about, log } = this.options;
    const { engine, subnet } = gateway.plan;
    const { config, ...started } = about;
    return {
      ...started,
      ...(config !== undefined && { config }),
      pid: process.pid,
      node: process.version,
      state: gateway.state === 'serving' ? 'serving' : 'draining',
      engine,
      ...(subnet !== undefined && { subnet }),
      served: servedRows(gateway, changes.added.all()),
      listeners: { open: gateway.served, skipped: skippedRows(gateway) },
      sessions: sessionCounts(gateway),
      bytes: gateway.table.moved(),
      rates: traffic.rates(),
      out: outRows(gateway),
      reloads: changes.history.counts(),
      logLevel: log.level,
    };
  }

  async listeners(query: ListenerQuery): Promise<ListenerPage> {
    return pageOfListeners(this.options.gateway, query);
  }

  sessions(query: SessionQuery): Promise<Answer<SessionPage>> {
    return pageOfSessions(this.options.gateway.table, query);
  }

  async targets(query: TargetQuery): Promise<Answer<TargetPage>> {
    return pageOfTargets(this.options.gateway, query);
  }

  reload(request: ReloadRequest): Promise<Answer<Reloaded>> {
    return this.options.changes.reload('command', request);
  }

  async drain({ graceMs, sessionsMs, until }: DrainRequest): Promise<Answer<Draining>> {
    const { gateway, drain } = this.options;
    const planned = gateway.plan.drain;
    const how: PlannedDrain = {
      grace: graceMs ?? planned.grace,
      sessions: sessionsMs ?? planned.sessions,
      // A time of its own is a deadline.
      until: until ?? (sessionsMs === undefined ? planned.until : 'deadline'),
    };
    drain(how);
    // An earlier request may have left less time.
    const left = gateway.drainLeft();
    const deadline = left.sessions === undefined ? {} : { sessionsMs: Math.round(left.sessions) };
    return { ok: true, value: { sessions: gateway.table.size, graceMs: Math.round(left.grace), ...deadline } };
  }

  endSessions(filter: SessionFilter): Promise<Answer<Ended>> {
    return endSessions(this.options.gateway.table, filter);
  }

  async takeOut(request: TakeOutRequest): Promise<Answer<TakenOut>> {
    return takeOut(this.options.gateway, request, this.options.logger);
  }

  async setLogLevel({ level }: LogLevelChange): Promise<Answer<LogLevelChange>> {
    const { log, logger } = this.options;
    const before = log.level;
    log.level = level;
    logger.info({ before, level }, 'log level set');
    return { ok: true, value: { level } };
  }

  addForwards(request: AddForwards): Promise<Answer<Reloaded>> {
    return this.options.changes.addForwards(request);
  }

  removeForwards(request: RemoveForwards): Promise<Answer<Reloaded>> {
    return this.options.changes.removeForwards(request);
  }
}
