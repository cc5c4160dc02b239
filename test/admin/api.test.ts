import { expect, test } from 'vitest';
import { z } from 'zod';
import { openFake, send } from './control-fixture.ts';

const problem = (status: number) => ({ status, type: 'application/problem+json' });

test('health and readiness', async () => {
  const { socket, control } = await openFake();
  expect(await send(socket.path, 'GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await send(socket.path, 'GET', '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
  control.ready = 'draining';
  expect(await send(socket.path, 'GET', '/readyz')).toMatchObject({ status: 503, body: { status: 'draining' } });
  expect(await send(socket.path, 'HEAD', '/healthz')).toMatchObject({ status: 200, body: undefined });
});

test('a query is what its schema makes of it', async () => {
  const { socket, control } = await openFake();
  const url = '/api/sessions?host=16&state=half-closed&client=10.0.0.0%2F8&sort=age&order=desc&page=2';
  expect(await send(socket.path, 'GET', url)).toMatchObject({ status: 200, type: 'application/json' });
  const given = { host: 16, state: 'half-closed', client: '10.0.0.0/8', sort: 'age', order: 'desc', page: 2 };
  expect(control.calls).toEqual([{ name: 'sessions', given }]);
});

test('each wrong value of a request is an entry with its place, and nothing is done', async () => {
  const { socket, control } = await openFake();
  const wrong = await send(socket.path, 'GET', '/api/sessions?host=0x10&page=0&nope=1');
  expect(wrong).toMatchObject(problem(400));
  expect(wrong.body).toEqual({
    type: 'about:blank',
    title: 'Bad Request',
    status: 400,
    detail: 'Cannot use this request: host: Invalid input: expected number, received string, and 2 more',
    problems: [
      {
        place: 'host',
        message: 'Invalid input: expected number, received string',
        text: 'host: Invalid input: expected number, received string',
      },
      {
        place: 'page',
        message: 'Too small: expected number to be >=1',
        text: 'page: Too small: expected number to be >=1',
      },
      { place: 'nope', message: 'is not known', text: 'nope: is not known' },
    ],
  });
  const places = async (method: string, url: string, body?: unknown) => {
    const { status, body: sent } = await send(socket.path, method, url, body === undefined ? {} : { body });
    const problems = z.object({ problems: z.array(z.object({ place: z.string().optional() })) }).parse(sent).problems;
    return [status, ...problems.map(({ place }) => place)];
  };
  expect(await places('GET', '/api/sessions?host=1&host=2')).toEqual([400, 'host']);
  expect(await places('GET', '/api/sessions?host=')).toEqual([400, 'host']);
  expect(await places('GET', '/api/status?verbose')).toEqual([400, 'verbose']);
  expect(await places('GET', '/healthz?__proto__=1')).toEqual([400, '__proto__']);
  expect(await places('DELETE', '/api/sessions/0')).toEqual([400, 'id']);
  expect(await places('DELETE', '/api/sessions/5?force=1')).toEqual([400, 'force']);
  expect(await places('POST', '/api/forwards', { forwards: ['8080=a:80', 5] })).toEqual([400, 'forwards.1']);
  expect(await places('POST', '/api/forwards', { forwards: Array(64).fill(1) })).toHaveLength(21);
  expect(await places('POST', '/api/sessions/end', {})).toEqual([400, undefined]);
  expect(await places('POST', '/api/sessions/end', { id: true, host: null })).toEqual([400, 'id', 'host']);
  expect(await places('POST', '/api/reload', [])).toEqual([400, undefined]);
  expect(await places('PUT', '/api/log-level')).toEqual([400, 'level']);
  expect(control.calls).toEqual([]);
});

test('a body may be left out where nothing in it is needed', async () => {
  const { socket, control } = await openFake();
  expect(await send(socket.path, 'POST', '/api/reload')).toMatchObject({ status: 200 });
  expect(await send(socket.path, 'POST', '/api/drain', { body: { graceMs: 5 } })).toMatchObject({ status: 202 });
  expect(await send(socket.path, 'DELETE', '/api/sessions/7')).toMatchObject({ status: 200, body: { ended: 1 } });
  expect(control.calls).toEqual([
    { name: 'reload', given: { dryRun: false, cutRemoved: false } },
    { name: 'drain', given: { graceMs: 5 } },
    { name: 'endSessions', given: { id: 7 } },
  ]);
});

test('bodies that are no JSON, or do not say that they are', async () => {
  const { socket, control } = await openFake();
  const reload = async (raw: string, headers = {}) => await send(socket.path, 'POST', '/api/reload', { raw, headers });
  expect(await reload('{}', { 'Content-Type': 'text/plain' })).toMatchObject(problem(415));
  expect(await reload('{}', { 'Content-Type': 'application/jsonx' })).toMatchObject(problem(415));
  expect(await reload('{}', { 'Content-Type': 'Application/JSON ; charset=utf-8' })).toMatchObject({ status: 200 });
  expect(await reload('{')).toMatchObject(problem(400));
  expect(await reload('[')).toMatchObject(problem(400));
  expect(await reload('['.repeat(60_000))).toMatchObject(problem(400));
  expect(await send(socket.path, 'POST', '/api/reload?dryRun=true')).toMatchObject(problem(400));
  expect(control.calls).toHaveLength(1);
});

test('other paths are 404, other methods 405 with those that there are', async () => {
  const { socket } = await openFake();
  for (const path of ['/', '/api', '/api/', '/api/status/', '/API/status', '/api/sessions/', '/%00', '/api/%zz']) {
    expect([path, await send(socket.path, 'GET', path)]).toEqual([path, expect.objectContaining(problem(404))]);
  }
  const allowed = async (method: string, path: string) => {
    const { status, type, allow } = await send(socket.path, method, path);
    return [status, type, allow];
  };
  const other = (allow: string) => [405, 'application/problem+json', allow];
  expect(await allowed('POST', '/api/status')).toEqual(other('GET, HEAD'));
  expect(await allowed('DELETE', '/api/targets')).toEqual(other('GET, HEAD, POST'));
  expect(await allowed('GET', '/api/sessions/5')).toEqual(other('DELETE'));
  expect(await allowed('GET', '/api/sessions/end')).toEqual(other('POST'));
  expect(await allowed('OPTIONS', '/api/forwards')).toEqual(other('POST'));
  expect(await allowed('TRACE', '/api/reload')).toEqual(other('POST'));
  expect(await allowed('M-SEARCH', '/api/reload')).toEqual(other('POST'));
});

test('a refusal of the gateway is passed on, with its problems', async () => {
  const { socket, control } = await openFake();
  const problems = [{ place: '/etc/floatgate.yaml:3:5', message: 'Cannot bind', text: '/etc/floatgate.yaml:3:5: ...' }];
  control.refusal = { status: 422, detail: 'Cannot reload: the configuration has problems', problems };
  expect(await send(socket.path, 'POST', '/api/reload')).toMatchObject({
    ...problem(422),
    body: {
      type: 'about:blank',
      title: 'Unprocessable Entity',
      status: 422,
      detail: control.refusal.detail,
      problems,
    },
  });
});

test('a bug is a 500 that says nothing of it, and the next request is served', async () => {
  const { socket, control, bugs } = await openFake();
  for (const bug of [new Error('the secret'), 'the secret']) {
    control.bug = bug;
    for (const path of ['/api/status', '/readyz', '/api/sessions']) {
      const answer = await send(socket.path, 'GET', path);
      expect(answer).toMatchObject(problem(500));
      expect(JSON.stringify(answer)).not.toContain('secret');
    }
  }
  expect(bugs).toHaveLength(6);
  control.bug = undefined;
  expect(await send(socket.path, 'GET', '/api/status')).toMatchObject({ status: 200 });
});

test('what is too long says how much there may be, and what to do', async () => {
  const { socket, control } = await openFake();
  const many = await send(socket.path, 'POST', '/api/forwards', { body: { forwards: Array(65).fill('1=a:1') } });
  const few = 'forwards: it has more than 64 items; send them in several requests';
  expect(many.body).toMatchObject({ status: 400, problems: [{ text: few }] });
  const long = await send(socket.path, 'POST', '/api/targets', { body: { what: 'x'.repeat(301), state: 'out' } });
  const short = 'what: it has more than 300 characters; write a shorter one';
  expect(long.body).toMatchObject({ status: 400, problems: [{ text: short }] });
  expect(control.calls).toEqual([]);
});
