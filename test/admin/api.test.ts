import { expect, it } from 'vitest';
import { routes } from '../../src/admin/routes.ts';
import { problemSchema } from '../../src/admin/schemas.ts';
import { ask, open } from './control-socket-fixture.ts';

/** What each route is asked with. */
const inputs: Readonly<Record<string, { readonly query?: string; readonly body?: unknown; readonly bad?: unknown }>> = {
  'get /api/listeners': { query: '?service=ssh&page=2' },
  'get /api/sessions': { query: '?host=16&sort=bytes&order=desc' },
  'get /api/targets': { query: '?host=16' },
  'post /api/reload': { body: { dryRun: true }, bad: { dryRun: 'yes' } },
  'post /api/drain': { body: { graceMs: 5 }, bad: { graceMs: -1 } },
  'post /api/sessions/end': { body: { host: 16 }, bad: { host: 'x' } },
  'post /api/targets': { body: { what: '16', state: 'out' }, bad: { what: '16' } },
  'put /api/log-level': { body: { level: 'debug' }, bad: { level: 'loud' } },
  'post /api/forwards': { body: { forwards: ['8080=10.0.0.5:80'], forMs: 7_200_000 }, bad: { forwards: [] } },
  'post /api/forwards/remove': { body: { listen: ['8080'] }, bad: { listen: 5 } },
};

it('answers each route with what its schema says, and describes exactly these routes', async () => {
  const { path } = await open();
  const description = (await ask(path, '/api/openapi.json')).body as {
    readonly openapi: string;
    readonly info: object;
    readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: object }>>>>;
  };
  expect(description).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
  const described = Object.entries(description.paths).flatMap(([route, methods]) =>
    Object.keys(methods).map((method) => `${method} ${route}`),
  );
  expect(described.sort()).toEqual(routes.map(({ method, path: route }) => `${method} ${route}`).sort());
  for (const { method, path: route, output, statuses, problems } of routes) {
    const { query = '', body } = inputs[`${method} ${route}`] ?? {};
    const response = await ask(path, route.replace('{id}', '1') + query, { method: method.toUpperCase(), body });
    expect(statuses, route).toContain(response.status);
    expect(response.type).toBe('application/json');
    expect(output.safeParse(response.body), route).toMatchObject({ success: true });
    const documented = Object.keys(description.paths[route]?.[method]?.responses ?? {});
    expect(documented).toEqual(expect.arrayContaining([...statuses, ...problems].map(String)));
  }
});

it('hands what it has read to the gateway', async () => {
  const { path, control } = await open();
  await ask(path, '/api/sessions?host=16&page=3');
  await ask(path, '/api/sessions/7', { method: 'DELETE' });
  await ask(path, '/api/reload', { method: 'POST' });
  await ask(path, '/api/forwards', { method: 'POST', body: { forwards: ['8080=10.0.0.5:80'] } });
  expect(control.asked).toEqual([
    ['sessions', { host: 16, page: 3, sort: 'id', order: 'asc' }],
    ['endSessions', { id: 7 }],
    ['reload', { dryRun: false, cutRemoved: false }],
    ['addForwards', { forwards: ['8080=10.0.0.5:80'] }],
  ]);
});

it('says whether clients should come', async () => {
  const { path, control } = await open();
  expect(await ask(path, '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
  control.ready = 'draining';
  expect(await ask(path, '/readyz')).toMatchObject({ status: 503, body: { status: 'draining' } });
  expect(await ask(path, '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
});

it('answers what cannot be read with a problem that names each key', async () => {
  const { path, control } = await open();
  for (const [route, { bad, body }] of Object.entries(inputs)) {
    const [method = '', url = ''] = route.split(' ');
    if (bad === undefined) continue;
    const response = await ask(path, url, { method: method.toUpperCase(), body: bad });
    expect(response, route).toMatchObject({ status: 400, type: 'application/problem+json' });
    expect(problemSchema.parse(response.body).problems?.length).toBeGreaterThan(0);
    const unknown = await ask(path, url, {
      method: method.toUpperCase(),
      body: { ...(body as object), colour: 'red' },
    });
    expect(unknown, route).toMatchObject({ status: 400, body: { detail: expect.stringContaining('colour') } });
  }
  expect(await ask(path, '/api/sessions?hots=16')).toMatchObject({ status: 400 });
  expect(await ask(path, '/api/sessions?page=0')).toMatchObject({ body: { problems: [{ place: 'page' }] } });
  expect(await ask(path, '/api/sessions/x', { method: 'DELETE' })).toMatchObject({ status: 400 });
  expect(control.asked).toEqual([]);
});

it('answers what is not there, not allowed, too long or of another type with problems', async () => {
  const { path } = await open();
  const problems = [
    [404, await ask(path, '/')],
    [404, await ask(path, '/api/statuses')],
    [404, await ask(path, '/api/../etc/passwd')],
    [405, await ask(path, '/api/status', { method: 'POST' })],
    [405, await ask(path, '/api/reload')],
    [405, await ask(path, '/api/openapi.json', { method: 'DELETE' })],
    [400, await ask(path, '/api/reload', { method: 'POST', text: '{' })],
    [
      415,
      await ask(path, '/api/reload', { method: 'POST', text: 'dryRun=1', type: 'application/x-www-form-urlencoded' }),
    ],
    [413, await ask(path, '/api/reload', { method: 'POST', text: JSON.stringify({ x: 'x'.repeat(70_000) }) })],
  ] as const;
  for (const [status, response] of problems) {
    expect(response).toMatchObject({ status, type: 'application/problem+json', body: { status } });
    problemSchema.parse(response.body);
  }
  expect(problems[3][1].headers.allow).toBe('GET');
});

it('passes refusals on, and survives bugs without telling what they are', async () => {
  const { path, control, bugs } = await open();
  const problems = [{ place: 'gateway.yaml:3:5', message: 'Cannot read x', text: 'gateway.yaml:3:5: Cannot read x' }];
  control.refusal = { status: 422, detail: 'Cannot apply the configuration', problems };
  expect(await ask(path, '/api/reload', { method: 'POST', body: {} })).toMatchObject({
    status: 422,
    body: { title: 'Unprocessable Entity', detail: 'Cannot apply the configuration', problems },
  });
  control.bug = new Error('secret');
  for (const [route, method] of [
    ['/api/status', 'GET'],
    ['/api/reload', 'POST'],
  ] as const) {
    const response = await ask(path, route, { method });
    expect(response).toMatchObject({ status: 500, type: 'application/problem+json' });
    expect(JSON.stringify(response.body)).not.toContain('secret');
  }
  expect(bugs).toEqual([control.bug, control.bug]);
  control.bug = undefined;
  expect(await ask(path, '/api/status')).toMatchObject({ status: 200 });
});
