import type {
  AddForwards,
  Draining,
  DrainRequest,
  Ended,
  ListenerPage,
  ListenerQuery,
  LogLevelChange,
  ProblemDetails,
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
} from './schemas.ts';

/**
 * Why something was not done; nothing has changed.
 *
 *     400  what was given cannot be read       409  not in this state: the gateway drains
 *     404  there is no such session or target   422  the configuration has problems, or a port is busy
 */
export interface Refusal {
  readonly status: 400 | 404 | 409 | 422;
  /** `Cannot X: what is, and what to do`. */
  readonly detail: string;
  readonly problems?: NonNullable<ProblemDetails['problems']>;
}

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/**
 * What the control socket needs of a running gateway. `gateway/` implements it. What is thrown, and what a promise
 * rejects with, is a bug. No call may hold up the data path: long lists are walked in pieces.
 */
export interface GatewayControl {
  /** Whether new clients should be sent here. */
  readiness(): 'ready' | 'draining';
  status(): Promise<Status>;
  listeners(query: ListenerQuery): Promise<ListenerPage>;
  sessions(query: SessionQuery): Promise<Answer<SessionPage>>;
  targets(query: TargetQuery): Promise<Answer<TargetPage>>;
  /** Reads the configuration again, and applies it. Changes are made one at a time, in the order of the calls. */
  reload(request: ReloadRequest): Promise<Answer<Reloaded>>;
  /** Begins to drain; returns at once. The process ends when all is drained. */
  drain(request: DrainRequest): Promise<Answer<Draining>>;
  /** Ends the sessions that fit the filter, which must have one key at least. */
  endSessions(filter: SessionFilter): Promise<Answer<Ended>>;
  takeOut(request: TakeOutRequest): Promise<Answer<TakenOut>>;
  setLogLevel(change: LogLevelChange): Promise<Answer<LogLevelChange>>;
  addForwards(request: AddForwards): Promise<Answer<Reloaded>>;
  /** Only forwards that were added while the gateway runs. */
  removeForwards(request: RemoveForwards): Promise<Answer<Reloaded>>;
}
