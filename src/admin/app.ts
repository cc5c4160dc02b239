import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import { messageOf } from '../base/errors.ts';
import type { GatewayControl } from './control.ts';
import type { HttpModules } from './load-http.ts';
import { problem, problemType } from './problems.ts';
import { readBody } from './read-body.ts';
import type { Reply, Route } from './route.ts';

export interface Bindings {
  Bindings: HttpBindings;
}

export interface AppOptions {
  readonly routes: readonly Route[];
  readonly control: GatewayControl;
  /** Bytes. */
  readonly mostBody: number;
  /** What was thrown where nothing should throw; the client gets a 500 that says nothing of it. */
  readonly onBug: (error: unknown) => void;
}

type Given = { readonly kind: 'given'; readonly value: unknown } | Extract<Reply, { kind: 'problem' }>;

/** The routes as a Hono application. It never throws or rejects. */
export function createApp({ Hono }: Pick<HttpModules, 'Hono'>, options: AppOptions): Hono<Bindings> {
  const { routes, control, mostBody, onBug } = options;
  const app = new Hono<Bindings>();
  for (const route of routes) {
    app.on(route.method.toUpperCase(), honoPath(route), async (context) => {
      try {
        const given = await readInput(route, context, mostBody);
        return respond(given.kind === 'problem' ? given : await route.run(control, given.value));
      } catch (error) {
        onBug(error);
        return internalError();
      }
    });
  }
  for (const path of new Set(routes.map(honoPath))) {
    const methods = routes.filter((route) => honoPath(route) === path).map(({ method }) => method.toUpperCase());
    const allow = (methods.includes('GET') ? ['HEAD', ...methods] : methods).sort().join(', ');
    app.all(path, ({ req }) => {
      return problemResponse(405, `Cannot ${req.method} here: use ${allow}`, { Allow: allow });
    });
  }
  app.notFound(() => problemResponse(404, 'Cannot find this path: /api/openapi.json lists those that there are'));
  return app;
}

/** For what is not even a request that the application can be given. */
export function unreadableRequest(): Response {
  return problemResponse(400, 'Cannot read the request: its URL is not valid');
}

/** Says nothing of the error, which the log has. */
export function internalError(): Response {
  return problemResponse(500, 'Cannot answer: this is an error in floatgate, and its log has more');
}

function honoPath({ path }: Route): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

async function readInput({ takes }: Route, context: Context<Bindings>, mostBody: number): Promise<Given> {
  const query = Object.fromEntries(
    Object.entries(context.req.queries()).map(([name, values]) => [name, values.length > 1 ? values : values[0]]),
  );
  if (takes.from === 'query') return { kind: 'given', value: query };
  if (takes.from === 'path') return { kind: 'given', value: { ...query, ...context.req.param() } };
  if (Object.keys(query).length > 0) return refuse(400, 'Cannot use this request: it has a query; send a body alone');
  return await readJson(context, mostBody);
}

async function readJson(context: Context<Bindings>, mostBody: number): Promise<Given> {
  const body = await readBody(context.env.incoming, mostBody);
  if (body.kind === 'cut') return refuse(400, 'Cannot read the body: it has ended too early');
  if (body.kind === 'too large') return refuse(413, `Cannot read the body: it has more than ${mostBody} bytes`);
  if (body.bytes.length === 0) return { kind: 'given', value: {} };
  if (!/^application\/json\s*(;|$)/i.test(context.req.header('content-type') ?? '')) {
    return refuse(415, 'Cannot read the body: its Content-Type is not application/json; send JSON, and say so');
  }
  try {
    return { kind: 'given', value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body.bytes)) };
  } catch (error) {
    return refuse(400, `Cannot read the body: it is not JSON (${messageOf(error)})`);
  }
}

function refuse(status: number, detail: string): Given {
  return { kind: 'problem', problem: problem(status, detail) };
}

function respond(reply: Reply): Response {
  if (reply.kind === 'value') return Response.json(reply.value, { status: reply.status });
  const { status } = reply.problem;
  return Response.json(reply.problem, { status, headers: { 'Content-Type': problemType } });
}

function problemResponse(status: number, detail: string, headers: Record<string, string> = {}): Response {
  return Response.json(problem(status, detail), { status, headers: { ...headers, 'Content-Type': problemType } });
}
