import type { z } from 'zod';
import { type ClientFailure, refusal, unreachable, unreadable } from './client-failure.ts';
import {
  type AddForwards,
  type Draining,
  type DrainRequest,
  drainingSchema,
  type Ended,
  endedSchema,
  type LogLevelChange,
  logLevelSchema,
  type Reloaded,
  type ReloadRequest,
  type RemoveForwards,
  reloadedSchema,
  type SessionFilter,
  type SessionPage,
  type SessionQuery,
  type Status,
  sessionPageSchema,
  statusSchema,
  type TakenOut,
  type TakeOutRequest,
  type TargetPage,
  type TargetQuery,
  takenOutSchema,
  targetPageSchema,
} from './schemas.ts';
import { type UnixRequest, unixRequest } from './unix-request.ts';

export type Reply<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: ClientFailure };

/** Milliseconds. A reload reads files, and may ask the metadata service. */
const deadlines = { usual: 10_000, reload: 60_000 };

/**
 * Talks to a running gateway through its control socket. It asks anew each time, and holds no connection. Keys that it
 * does not know are passed over, so that it can talk to a newer gateway.
 */
export class ControlClient {
  /** Of the socket. */
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** @param deadline milliseconds */
  status(deadline = deadlines.usual): Promise<Reply<Status>> {
    return this.exchange(statusSchema, { method: 'GET', route: '/api/status', deadline });
  }

  sessions(query: Partial<SessionQuery>): Promise<Reply<SessionPage>> {
    return this.exchange(sessionPageSchema, { method: 'GET', route: `/api/sessions${queryText(query)}` });
  }

  targets(query: Partial<TargetQuery>): Promise<Reply<TargetPage>> {
    return this.exchange(targetPageSchema, { method: 'GET', route: `/api/targets${queryText(query)}` });
  }

  reload(body: ReloadRequest): Promise<Reply<Reloaded>> {
    return this.exchange(reloadedSchema, { method: 'POST', route: '/api/reload', body, deadline: deadlines.reload });
  }

  drain(body: DrainRequest): Promise<Reply<Draining>> {
    return this.exchange(drainingSchema, { method: 'POST', route: '/api/drain', body });
  }

  endSessions(body: SessionFilter): Promise<Reply<Ended>> {
    return this.exchange(endedSchema, { method: 'POST', route: '/api/sessions/end', body });
  }

  takeOut(body: TakeOutRequest): Promise<Reply<TakenOut>> {
    return this.exchange(takenOutSchema, { method: 'POST', route: '/api/targets', body });
  }

  setLogLevel(body: LogLevelChange): Promise<Reply<LogLevelChange>> {
    return this.exchange(logLevelSchema.loose(), { method: 'PUT', route: '/api/log-level', body });
  }

  /** Forwards are added by a change of the plan, which takes as long as a reload. */
  addForwards(body: AddForwards): Promise<Reply<Reloaded>> {
    return this.exchange(reloadedSchema, { method: 'POST', route: '/api/forwards', body, deadline: deadlines.reload });
  }

  removeForwards(body: RemoveForwards): Promise<Reply<Reloaded>> {
    const route = '/api/forwards/remove';
    return this.exchange(reloadedSchema, { method: 'POST', route, body, deadline: deadlines.reload });
  }

  private async exchange<T>(
    schema: z.ZodType<T>,
    { deadline = deadlines.usual, ...asked }: Pick<UnixRequest, 'method' | 'route' | 'body'> & { deadline?: number },
  ): Promise<Reply<T>> {
    const answer = await unixRequest({ path: this.path, deadline, ...asked });
    const fail = (failure: ClientFailure): Reply<T> => ({ ok: false, failure });
    if (answer.kind !== 'answered') return fail(unreachable(this.path, answer, deadline));
    const [route = ''] = asked.route.split('?');
    const body = parseJson(answer.text);
    if (answer.status >= 400) return fail(refusal(route, answer.status, body));
    const read = schema.safeParse(body);
    if (read.success) return { ok: true, value: read.data };
    const [issue] = read.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
    return fail(unreadable(route, `${where}${issue?.message ?? 'it is no JSON'}`));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `?host=16&page=2`; empty where nothing is asked for. */
function queryText(query: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(query).flatMap(([key, value]): [string, string][] =>
    value === undefined ? [] : [[key, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}
