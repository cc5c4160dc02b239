import { z } from 'zod';
import { describeApi } from './openapi.ts';
import { type Route, reply, replyOf, route } from './route.ts';
import * as schemas from './schemas.ts';

const nothing = { from: 'query', schema: z.strictObject({}) } as const;
const query = <Schema extends z.ZodType>(schema: Schema) => ({ from: 'query', schema }) as const;
const body = <Schema extends z.ZodType>(schema: Schema) => ({ from: 'body', schema }) as const;

/** Of every `Refusal`. */
const refusals = [400, 404, 409, 422] as const;
const ofQuery = [...refusals, 500];
const ofBody = [...refusals, 413, 415, 500];

const idSchema = z.strictObject({ id: z.string().regex(/^[1-9]\d{0,14}$/, 'is no id of a session') });
const someFilterSchema = schemas.sessionFilterSchema.refine(
  (filter) => Object.keys(filter).length > 0,
  'an empty filter would end every session; give one key at least',
);

/** Every operation of the control socket. */
export function adminRoutes(): readonly Route[] {
  let document: object | undefined;
  const all = [
    ...reads,
    ...changes,
    route({
      method: 'get',
      path: '/api/openapi.json',
      summary: 'This API, as OpenAPI 3.1',
      takes: nothing,
      returns: { 200: z.looseObject({ openapi: z.string(), paths: z.looseObject({}) }) },
      problems: [400],
      run: async () => {
        document ??= describeApi(all);
        return reply(200, document);
      },
    }),
  ];
  return all;
}

const reads: readonly Route[] = [
  route({
    method: 'get',
    path: '/healthz',
    summary: 'Whether the process answers',
    takes: nothing,
    returns: { 200: schemas.healthSchema },
    problems: [400],
    run: async () => reply(200, { status: 'ok' }),
  }),
  route({
    method: 'get',
    path: '/readyz',
    summary: 'Whether new clients should be sent here',
    takes: nothing,
    returns: { 200: schemas.healthSchema, 503: schemas.healthSchema },
    problems: [400, 500],
    run: async (control) => {
      const status = control.readiness();
      return reply(status === 'ready' ? 200 : 503, { status });
    },
  }),
  route({
    method: 'get',
    path: '/api/status',
    summary: 'What is served, since when, and how much',
    takes: nothing,
    returns: { 200: schemas.statusSchema },
    problems: [400, 500],
    run: async (control) => reply(200, await control.status()),
  }),
  route({
    method: 'get',
    path: '/api/listeners',
    summary: `Listeners, ${schemas.pageSize} a page`,
    takes: query(schemas.listenerQuerySchema),
    returns: { 200: schemas.listenerPageSchema },
    problems: [400, 500],
    run: async (control, given) => reply(200, await control.listeners(given)),
  }),
  route({
    method: 'get',
    path: '/api/sessions',
    summary: `Live sessions that fit a filter, ${schemas.pageSize} a page`,
    takes: query(schemas.sessionQuerySchema),
    returns: { 200: schemas.sessionPageSchema },
    problems: ofQuery,
    run: async (control, given) => replyOf(200, await control.sessions(given)),
  }),
  route({
    method: 'get',
    path: '/api/targets',
    summary: `Targets of each pool with their health, ${schemas.pageSize} a page`,
    takes: query(schemas.targetQuerySchema),
    returns: { 200: schemas.targetPageSchema },
    problems: ofQuery,
    run: async (control, given) => replyOf(200, await control.targets(given)),
  }),
];

const changes: readonly Route[] = [
  route({
    method: 'post',
    path: '/api/reload',
    summary: 'Reads the configuration again, and applies it',
    takes: body(schemas.reloadRequestSchema),
    returns: { 200: schemas.reloadedSchema },
    problems: ofBody,
    run: async (control, given) => replyOf(200, await control.reload(given)),
  }),
  route({
    method: 'post',
    path: '/api/drain',
    summary: 'Begins to drain; the process ends when that is done',
    takes: body(schemas.drainRequestSchema),
    returns: { 202: schemas.drainingSchema },
    problems: ofBody,
    run: async (control, given) => replyOf(202, await control.drain(given)),
  }),
  route({
    method: 'post',
    path: '/api/sessions/end',
    summary: 'Ends the sessions that fit a filter, which must not be empty',
    takes: body(someFilterSchema),
    returns: { 200: schemas.endedSchema },
    problems: ofBody,
    run: async (control, given) => replyOf(200, await control.endSessions(given)),
  }),
  route({
    method: 'delete',
    path: '/api/sessions/{id}',
    summary: 'Ends one session',
    takes: { from: 'path', schema: idSchema },
    returns: { 200: schemas.endedSchema },
    problems: ofQuery,
    run: async (control, { id }) => replyOf(200, await control.endSessions({ id: Number(id) })),
  }),
  route({
    method: 'post',
    path: '/api/targets',
    summary: 'Takes a host or a target out, or in again',
    takes: body(schemas.takeOutRequestSchema),
    returns: { 200: schemas.takenOutSchema },
    problems: ofBody,
    run: async (control, given) => replyOf(200, await control.takeOut(given)),
  }),
  route({
    method: 'put',
    path: '/api/log-level',
    summary: 'Sets the level of the log until the next start',
    takes: body(schemas.logLevelSchema),
    returns: { 200: schemas.logLevelSchema },
    problems: ofBody,
    run: async (control, given) => replyOf(200, await control.setLogLevel(given)),
  }),
  route({
    method: 'post',
    path: '/api/forwards',
    summary: 'Adds forwards while the gateway runs',
    takes: body(schemas.addForwardsSchema),
    returns: { 201: schemas.reloadedSchema },
    problems: ofBody,
    run: async (control, given) => replyOf(201, await control.addForwards(given)),
  }),
  // No DELETE: it takes a list, and the body of a DELETE has no meaning (RFC 9110, 9.3.5).
  route({
    method: 'post',
    path: '/api/forwards/remove',
    summary: 'Removes forwards that were added while the gateway runs',
    takes: body(schemas.removeForwardsSchema),
    returns: { 200: schemas.reloadedSchema },
    problems: ofBody,
    run: async (control, given) => replyOf(200, await control.removeForwards(given)),
  }),
];
