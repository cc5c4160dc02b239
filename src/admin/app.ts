import type { Context, Hono } from 'hono';
import type { GatewayControl } from './control.ts';
import { openApi } from './openapi.ts';
import { invalidRequest, problem, problemType } from './problem-details.ts';
import { type Handled, type Route, routes } from './routes.ts';
import type { ProblemDetails } from './schemas.ts';

/** Bytes of a request's body. */
const longestBody = 64 * 1024;

export interface AppOptions {
  readonly control: GatewayControl;
  readonly version: string;
  /** A bug: the request has failed with 500. */
  readonly onBug: (error: unknown) => void;
}

/** Adds the API to an empty app. */
export function addRoutes(app: Hono, { control, version, onBug }: AppOptions): void {
  const description = openApi(routes, version);
  app.get('/api/openapi.json', (context) => context.json(description));
  for (const route of routes) {
    app.on(route.method.toUpperCase(), route.path.replace(/\{(\w+)\}/g, ':$1'), async (context) => {
      const input = await inputOf(route, context);
      if (input instanceof Response) return input;
      return answer(await route.handle(control, input.value));
    });
  }
  app.notFound((context) => {
    const { path, method } = context.req;
    const allowed = methodsOf(path);
    if (allowed.length === 0) return problemAnswer(problem(404, `Cannot find ${path}: there is no such path`));
    const detail = `Cannot ${method} ${path}: it takes ${allowed.join(' and ')}`;
    return problemAnswer(problem(405, detail), { Allow: allowed.join(', ') });
  });
  app.onError((error) => {
    onBug(error);
    return problemAnswer(problem(500, 'Cannot answer: floatgate has met a bug, which its log describes'));
  });
}

/** The input of a route, or why it cannot be read. */
async function inputOf({ from }: Route, context: Context): Promise<{ readonly value: unknown } | Response> {
  const { req } = context;
  if (from === 'query') return { value: req.query() };
  if (from === 'path') return { value: req.param() };
  if (from === 'nowhere') return { value: {} };
  const type = req.header('content-type') ?? '';
  if (type !== '' && !/^application\/json\b/i.test(type)) {
    return problemAnswer(problem(415, `Cannot read a body of type ${type}: send application/json`));
  }
  const text = await boundedText(req.raw);
  if (text === 'too long') {
    return problemAnswer(problem(413, `Cannot read the body: it is longer than ${longestBody} bytes`));
  }
  if (text.trim() === '') return { value: {} };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return problemAnswer(problem(400, 'Cannot read the body: it is no JSON'));
  }
}

async function boundedText({ body }: Request): Promise<string | 'too long'> {
  if (body === null) return '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > longestBody) return 'too long';
  }
  return Buffer.concat(chunks).toString();
}

function answer(handled: Handled): Response {
  switch (handled.kind) {
    case 'answer':
      return json(handled.body, handled.status, 'application/json');
    case 'invalid':
      return problemAnswer(invalidRequest(handled.error));
    case 'refusal': {
      const { status, detail, problems } = handled.refusal;
      return problemAnswer(problem(status, detail, problems));
    }
  }
}

function problemAnswer(details: ProblemDetails, headers: Readonly<Record<string, string>> = {}): Response {
  return json(details, details.status, problemType, headers);
}

function json(value: unknown, status: number, type: string, headers: Readonly<Record<string, string>> = {}): Response {
  const body = `${JSON.stringify(value)}\n`;
  return new Response(body, { status, headers: { 'Content-Type': type, 'Cache-Control': 'no-store', ...headers } });
}

/** The methods that a path takes. */
function methodsOf(path: string): readonly string[] {
  const own = routes.filter((route) => new RegExp(`^${route.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path));
  const methods = own.map(({ method }) => method.toUpperCase());
  return path === '/api/openapi.json' ? ['GET'] : methods;
}
