import { z } from 'zod';
import type { Answer, GatewayControl, Refusal } from './control.ts';
import {
  addForwardsSchema,
  drainingSchema,
  drainRequestSchema,
  endedSchema,
  healthSchema,
  listenerPageSchema,
  listenerQuerySchema,
  logLevelSchema,
  reloadedSchema,
  reloadRequestSchema,
  removeForwardsSchema,
  sessionFilterSchema,
  sessionPageSchema,
  sessionQuerySchema,
  statusSchema,
  takenOutSchema,
  takeOutRequestSchema,
  targetPageSchema,
  targetQuerySchema,
} from './schemas.ts';

/** What came of a request. */
export type Handled =
  | { readonly kind: 'answer'; readonly status: 200 | 201 | 202 | 503; readonly body: unknown }
  | { readonly kind: 'invalid'; readonly error: z.ZodError }
  | { readonly kind: 'refusal'; readonly refusal: Refusal };

/** One method of one path. The app and its OpenAPI description are made from the same list of these. */
export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** As OpenAPI writes it: `/api/sessions/{id}`. */
  readonly path: string;
  readonly summary: string;
  /** Where its input comes from. `path`: from the parts in braces. */
  readonly from: 'nowhere' | 'query' | 'body' | 'path';
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  readonly statuses: readonly (200 | 201 | 202 | 503)[];
  /** Statuses of problems that are its own; any request may also meet 400, 404, 405, 413, 415 and 500. */
  readonly problems: readonly Refusal['status'][];
  /** `input` as it came: texts of a query, or what a body's JSON says. */
  handle(control: GatewayControl, input: unknown): Promise<Handled>;
}

interface RouteOf<Input extends z.ZodType, Output extends z.ZodType>
  extends Omit<Route, 'input' | 'output' | 'statuses' | 'handle'> {
  readonly input: Input;
  readonly output: Output;
  readonly status?: 200 | 201 | 202;
  call(control: GatewayControl, input: z.output<Input>): Promise<Answer<z.output<Output>>>;
}

function route<Input extends z.ZodType, Output extends z.ZodType>({
  status = 200,
  call,
  ...about
}: RouteOf<Input, Output>): Route {
  return {
    ...about,
    statuses: [status],
    async handle(control, input) {
      const read = about.input.safeParse(input);
      if (!read.success) return { kind: 'invalid', error: read.error };
      const answer = await call(control, read.data);
      return answer.ok ? { kind: 'answer', status, body: answer.value } : { kind: 'refusal', refusal: answer.refusal };
    },
  };
}

const nothing = z.object({});
const none = { from: 'nowhere', input: nothing, problems: [] } as const;
const whole = async <T>(value: Promise<T>): Promise<Answer<T>> => ({ ok: true, value: await value });

const healthz: Route = {
  ...none,
  method: 'get',
  path: '/healthz',
  summary: 'Whether the process answers',
  output: healthSchema,
  statuses: [200],
  handle: async () => ({ kind: 'answer', status: 200, body: { status: 'ok' } }),
};

const readyz: Route = {
  ...none,
  method: 'get',
  path: '/readyz',
  summary: 'Whether new clients should come: 503 from the begin of a drain on',
  output: healthSchema,
  statuses: [200, 503],
  async handle(control) {
    const status = control.readiness();
    return { kind: 'answer', status: status === 'ready' ? 200 : 503, body: { status } };
  },
};

/** All but `/api/openapi.json`. */
export const routes: readonly Route[] = [
  healthz,
  readyz,
  route({
    ...none,
    method: 'get',
    path: '/api/status',
    summary: 'What is served, sessions, rates, what is out, and what was changed',
    output: statusSchema,
    call: (control) => whole(control.status()),
  }),
  route({
    method: 'get',
    path: '/api/listeners',
    summary: 'The listeners, in pages',
    from: 'query',
    input: listenerQuerySchema,
    output: listenerPageSchema,
    problems: [],
    call: (control, query) => whole(control.listeners(query)),
  }),
  route({
    method: 'get',
    path: '/api/sessions',
    summary: 'The live sessions that fit, sorted, in pages',
    from: 'query',
    input: sessionQuerySchema,
    output: sessionPageSchema,
    problems: [400],
    call: (control, query) => control.sessions(query),
  }),
  route({
    method: 'get',
    path: '/api/targets',
    summary: 'The targets of all pools, in pages',
    from: 'query',
    input: targetQuerySchema,
    output: targetPageSchema,
    problems: [400],
    call: (control, query) => control.targets(query),
  }),
  route({
    method: 'post',
    path: '/api/reload',
    summary: 'Read the configuration again and apply it, or show what would change',
    from: 'body',
    input: reloadRequestSchema,
    output: reloadedSchema,
    problems: [409, 422],
    call: (control, request) => control.reload(request),
  }),
  route({
    method: 'post',
    path: '/api/drain',
    summary: 'Begin to end the gateway, in steps',
    from: 'body',
    input: drainRequestSchema,
    output: drainingSchema,
    status: 202,
    problems: [],
    call: (control, request) => control.drain(request),
  }),
  route({
    method: 'post',
    path: '/api/sessions/end',
    summary: 'End the sessions that fit',
    from: 'body',
    input: sessionFilterSchema,
    output: endedSchema,
    problems: [400, 404],
    call: (control, filter) => control.endSessions(filter),
  }),
  route({
    method: 'delete',
    path: '/api/sessions/{id}',
    summary: 'End one session',
    from: 'path',
    input: sessionFilterSchema.pick({ id: true }).required(),
    output: endedSchema,
    problems: [404],
    call: (control, filter) => control.endSessions(filter),
  }),
  route({
    method: 'post',
    path: '/api/targets',
    summary: 'Take a host or one target out, or in again',
    from: 'body',
    input: takeOutRequestSchema,
    output: takenOutSchema,
    problems: [404, 409],
    call: (control, request) => control.takeOut(request),
  }),
  route({
    method: 'put',
    path: '/api/log-level',
    summary: 'Set the least severe lines that are logged',
    from: 'body',
    input: logLevelSchema,
    output: logLevelSchema,
    problems: [],
    call: (control, change) => control.setLogLevel(change),
  }),
  route({
    method: 'post',
    path: '/api/forwards',
    summary: 'Add forwards, for a while or until the gateway ends',
    from: 'body',
    input: addForwardsSchema,
    output: reloadedSchema,
    status: 201,
    problems: [409, 422],
    call: (control, request) => control.addForwards(request),
  }),
  route({
    method: 'post',
    path: '/api/forwards/remove',
    summary: 'Remove forwards that were added while the gateway runs',
    from: 'body',
    input: removeForwardsSchema,
    output: reloadedSchema,
    problems: [404, 409, 422],
    call: (control, request) => control.removeForwards(request),
  }),
];
