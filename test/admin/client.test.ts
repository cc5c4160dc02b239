import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { ControlClient } from '../../src/admin/client.ts';
import { unreachable } from '../../src/admin/client-failure.ts';
import { fakeGateway, refused, someStatus } from '../helpers/fake-gateway.ts';
import { readImportGraph } from '../layers/import-graph.ts';

const problem = { place: 'gateway.yaml:3:5', message: 'Cannot read x', text: 'gateway.yaml:3:5: Cannot read x' };

it('asks what the API takes, and passes over keys that it does not know', async () => {
  const page = { rows: [], page: 1, pages: 1, total: 0, newer: 1 };
  const reloaded = { outcome: 'applied', changes: [], warnings: [], skipped: [], tookMs: 1 };
  await using gateway = await fakeGateway({
    'GET /api/status': () => ({ body: { ...someStatus, newer: true } }),
    'GET /api/sessions': () => ({ body: page }),
    'GET /api/targets': () => ({ body: page }),
    'POST /api/reload': () => ({ body: reloaded }),
    'POST /api/drain': () => ({ body: { sessions: 1, graceMs: 0 } }),
    'POST /api/sessions/end': () => ({ body: { ended: 2 } }),
    'POST /api/targets': () => ({ body: { out: [], changed: [] } }),
    'PUT /api/log-level': () => ({ body: { level: 'debug', newer: 1 } }),
    'POST /api/forwards': () => ({ body: reloaded }),
    'POST /api/forwards/remove': () => ({ body: reloaded }),
  });
  const client = new ControlClient(gateway.path);
  const replies = [
    await client.status(),
    await client.sessions({ state: 'reading header', host: 16 }),
    await client.targets({}),
    await client.reload({ dryRun: true, cutRemoved: false }),
    await client.drain({}),
    await client.endSessions({ id: 3 }),
    await client.takeOut({ what: '16', state: 'out' }),
    await client.setLogLevel({ level: 'debug' }),
    await client.addForwards({ forwards: ['1=a:2'] }),
    await client.removeForwards({ listen: ['1'] }),
  ];
  expect(replies.filter(({ ok }) => !ok)).toEqual([]);
  expect(replies[0]).toEqual({ ok: true, value: someStatus });
  expect(gateway.asked).toEqual([
    { route: 'GET /api/status', body: undefined },
    { route: 'GET /api/sessions?state=reading+header&host=16', body: undefined },
    { route: 'GET /api/targets', body: undefined },
    { route: 'POST /api/reload', body: { dryRun: true, cutRemoved: false } },
    { route: 'POST /api/drain', body: {} },
    { route: 'POST /api/sessions/end', body: { id: 3 } },
    { route: 'POST /api/targets', body: { what: '16', state: 'out' } },
    { route: 'PUT /api/log-level', body: { level: 'debug' } },
    { route: 'POST /api/forwards', body: { forwards: ['1=a:2'] } },
    { route: 'POST /api/forwards/remove', body: { listen: ['1'] } },
  ]);
});

it.each([
  [
    refused(422, 'Cannot reload: no', [problem]),
    { kind: 'refused', message: 'Cannot reload: no', problems: [problem] },
  ],
  [refused(409, 'Cannot reload: it drains'), { kind: 'failed', message: 'Cannot reload: it drains' }],
  [refused(500, 'Cannot do it: a bug'), { kind: 'failed', message: 'Cannot do it: a bug' }],
  [{ status: 404, text: 'not here' }, /^Cannot use \/api\/reload of the gateway: it answers 404; .*another version/],
  [{ text: '{"outcome":' }, /^Cannot read the gateway's answer to \/api\/reload: .*; it may run another version/],
  [{ body: { outcome: 'magic' } }, /^Cannot read the gateway's answer to \/api\/reload: outcome: /],
] as const)('makes a sentence of %j', async (answer, expected) => {
  await using gateway = await fakeGateway({ 'POST /api/reload': () => answer });
  const reply = await new ControlClient(gateway.path).reload({ dryRun: false, cutRemoved: false });
  const failure = reply.ok ? undefined : reply.failure;
  if (expected instanceof RegExp) {
    expect(failure).toEqual({ kind: 'failed', message: expect.stringMatching(expected) });
    expect(failure?.message).not.toContain('\n');
  } else expect(failure).toEqual(expected);
});

it('does not wait for ever', async () => {
  await using gateway = await fakeGateway({ 'GET /api/status': () => 'nothing' });
  const late = expect.stringMatching(/^Cannot reach the gateway at \/.*: it has not answered within 20ms; /);
  expect(await new ControlClient(gateway.path).status(20)).toMatchObject({
    failure: { kind: 'failed', message: late },
  });
});

it('says when nothing listens', async () => {
  await using gateway = await fakeGateway({});
  const missing = await new ControlClient(`${gateway.path}.no`).status();
  expect(missing).toMatchObject({ failure: { kind: 'gone', message: expect.stringContaining('no such socket') } });
  // A socket that a killed gateway has left: Node removes it at the close only where it was.
  const server = createServer().listen(`${gateway.path}.killed`);
  await once(server, 'listening');
  renameSync(`${gateway.path}.killed`, `${gateway.path}.left`);
  await new Promise((resolve) => server.close(resolve));
  const left = await new ControlClient(`${gateway.path}.left`).status();
  expect(left).toMatchObject({ failure: { kind: 'gone', message: expect.stringContaining('listens there any more') } });
});

it('says what to do where a gateway that has too many connections closes this one', async () => {
  const server = createServer((socket) => socket.destroy());
  await using gateway = await fakeGateway({});
  server.listen(`${gateway.path}.full`);
  await once(server, 'listening');
  const reply = await new ControlClient(`${gateway.path}.full`).status();
  await new Promise((resolve) => server.close(resolve));
  const message = expect.stringContaining('it is ending, or too many others are connected; try again');
  expect(reply).toMatchObject({ failure: { kind: 'cut off', message } });
});

it('names the user whose gateway it is', async () => {
  await using gateway = await fakeGateway({});
  const failed = { kind: 'failed', code: 'EACCES', message: 'no' } as const;
  const owner = process.getuid?.();
  expect(unreachable(gateway.path, failed, 1).message).toContain(`run this as that user: sudo -u '#${owner}'`);
  expect(unreachable('/nowhere/at/all', failed, 1).message).toContain('run this as that user: sudo -u USER');
  expect(unreachable('/x', { ...failed, code: 'EMFILE' }, 1)).toEqual({
    kind: 'failed',
    message: 'Cannot reach the gateway at /x: no; see its log, and try again',
  });
});

it('loads no server', async () => {
  const graph = new Map((await readImportGraph('src')).map((file) => [file.path, file]));
  const reached = new Set(['admin/client.ts', 'admin/find-gateway.ts']);
  for (const path of reached) for (const file of graph.get(path)?.files ?? []) reached.add(file);
  const packages = [...reached].flatMap((path) => graph.get(path)?.packages ?? []);
  expect(packages.filter((name) => !name.startsWith('node:') && name !== 'zod')).toEqual([]);
});
