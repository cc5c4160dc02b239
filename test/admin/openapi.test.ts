import { expect, test } from 'vitest';
import { z } from 'zod';
import { createApp } from '../../src/admin/app.ts';
import { loadHttp } from '../../src/admin/load-http.ts';
import { adminRoutes } from '../../src/admin/routes.ts';
import { openFake, send } from './control-fixture.ts';
import { FakeControl } from './fake-control.ts';

const contentSchema = z.record(z.string(), z.object({ schema: z.record(z.string(), z.unknown()) }));
const responseSchema = z.object({ $ref: z.string().optional(), content: contentSchema.optional() });
const operationSchema = z.object({
  operationId: z.string(),
  requestBody: z.object({ required: z.boolean(), content: contentSchema }).optional(),
  parameters: z.array(z.object({ name: z.string(), in: z.string(), required: z.boolean() })).optional(),
  responses: z.record(z.string(), responseSchema),
});
type Operation = z.output<typeof operationSchema>;
const documentSchema = z.object({
  openapi: z.literal('3.1.0'),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.object({ responses: z.object({ problem: responseSchema }) }),
});

/** A body that is right, for each operation that needs one. */
const bodies: Readonly<Record<string, object>> = {
  'post /api/sessions/end': { host: 16 },
  'post /api/targets': { what: '16', state: 'out' },
  'put /api/log-level': { level: 'debug' },
  'post /api/forwards': { forwards: ['8080=10.0.0.5:80'], forMs: 60_000 },
  'post /api/forwards/remove': { listen: ['8080'] },
};

async function readDocument(path: string) {
  const { status, type, body } = await send(path, 'GET', '/api/openapi.json');
  expect([status, type]).toEqual([200, 'application/json']);
  const document = documentSchema.parse(body);
  const operations = Object.entries(document.paths).flatMap(([url, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${url}`, method, url, operation })),
  );
  return { operations, problem: document.components.responses.problem };
}

/** Whether a value is what a schema of the document describes. */
function check(response: z.output<typeof responseSchema> | undefined, type: string, value: unknown): void {
  const schema = response?.content?.[type]?.schema;
  expect(schema).toBeDefined();
  z.fromJSONSchema(schema ?? {}).parse(value);
}

test('the document has the routes of the application, and no others', async () => {
  const { socket } = await openFake();
  const options = { routes: adminRoutes(), control: new FakeControl(), mostBody: 1, onBug: () => {} };
  const served = createApp(await loadHttp(), options)
    .routes.filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  const { operations } = await readDocument(socket.path);
  expect(operations.map(({ name }) => name).sort()).toEqual(served.sort());
  expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
  const about = (name: string) => operations.find((each) => each.name === name)?.operation;
  expect(about('delete /api/sessions/{id}')?.parameters).toEqual([{ name: 'id', in: 'path', required: true }]);
  expect(about('post /api/reload')?.requestBody?.required).toBe(false);
  expect(about('put /api/log-level')?.requestBody?.required).toBe(true);
});

test('every answer is as the document has it, and every documented problem occurs', async () => {
  const { socket, control } = await openFake();
  const { operations, problem } = await readDocument(socket.path);
  for (const { name, method, url, operation } of operations) {
    const path = url.replace('{id}', '7');
    const right = { body: bodies[name] };
    const ask = async (sent: object, query = '') =>
      await send(socket.path, method.toUpperCase(), `${path}${query}`, { ...right, ...sent });
    const seen = new Set<string>();

    for (const ready of ['ready', 'draining'] as const) {
      control.ready = ready;
      const answer = await ask({});
      expect([name, answer.type]).toEqual([name, 'application/json']);
      check(operation.responses[answer.status], 'application/json', answer.body);
      seen.add(String(answer.status));
    }
    for (const trouble of troubles(operation)) {
      trouble.begin?.(control);
      const answer = await ask(trouble.sent ?? {}, trouble.query);
      trouble.end?.(control);
      expect([name, answer.status, answer.type]).toEqual([name, trouble.status, 'application/problem+json']);
      check(problem, 'application/problem+json', answer.body);
      seen.add(String(trouble.status));
    }
    expect([name, ...seen].sort()).toEqual([name, ...Object.keys(operation.responses)].sort());
  }
});

interface Trouble {
  readonly status: number;
  readonly query?: string;
  readonly sent?: object;
  readonly begin?: (control: FakeControl) => void;
  readonly end?: (control: FakeControl) => void;
}

/** What leads to the problems that the document lists for an operation. */
function troubles({ responses }: Operation): readonly Trouble[] {
  const refused = [400, 404, 409, 422] as const;
  const all: Trouble[] = [
    { status: 400, query: '?nope=1' },
    { status: 413, sent: { raw: ' '.repeat(64 * 1024 + 1) } },
    { status: 415, sent: { raw: '<reload/>', headers: { 'Content-Type': 'application/xml' } } },
    ...refused.map((status) => ({
      status,
      begin: (control: FakeControl) => {
        control.refusal = { status, detail: 'Cannot do that: it is a test' };
      },
      end: (control: FakeControl) => {
        control.refusal = undefined;
      },
    })),
    {
      status: 500,
      begin: (control) => {
        control.bug = new Error('a bug');
      },
      end: (control) => {
        control.bug = undefined;
      },
    },
  ];
  // A 400 by the gateway is only where it may refuse at all.
  return all.filter(({ status, begin }) => {
    return String(status) in responses && (status !== 400 || begin === undefined || '404' in responses);
  });
}
