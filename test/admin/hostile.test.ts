import { once } from 'node:events';
import { expect, test } from 'vitest';
import { until, within } from '../helpers/until.ts';
import { openFake, rawClient, readAll, send } from './control-fixture.ts';

const healthy = { status: 200, body: { status: 'ok' } };
const problem = (status: number) =>
  new RegExp(`^HTTP/1.1 ${status} [^]*application/problem\\+json[^]*"status":${status}`);
const reload = 'POST /api/reload HTTP/1.1\r\nContent-Type: application/json\r\n';

/** Waits for an answer: there may be no room yet, and short deadlines are missed on a busy machine. */
async function stillServes(path: string): Promise<void> {
  await until('an answer', async () => {
    const answer = await send(path, 'GET', '/healthz').catch(() => undefined);
    return answer?.status === healthy.status;
  });
}

test('16 silent clients keep the 17th out', async () => {
  const { socket } = await openFake();
  const silent = await Promise.all(Array.from({ length: 16 }, async () => await rawClient(socket.path)));
  expect(await within('the end of the 17th', readAll(await rawClient(socket.path)))).toBe('');
  silent[0]?.destroy();
  await stillServes(socket.path);
});

test('a silent client is dropped', async () => {
  const { socket } = await openFake({ headersMs: 100 });
  expect(await within('the end', readAll(await rawClient(socket.path)))).toMatch(problem(408));
});

test('a client that never reads a large answer is dropped', async () => {
  const { socket, control } = await openFake({ answerMs: 100, connections: 1 });
  const [row] = control.sessionPage.rows;
  control.sessionPage = { ...control.sessionPage, rows: Array(20_000).fill(row) };
  const client = await rawClient(socket.path, 'GET /api/sessions HTTP/1.1\r\n\r\n'.repeat(2));
  client.pause();
  await until('both calls', () => control.calls.length === 2);
  // The only connection that there may be.
  await stillServes(socket.path);
});

test('a slow reader that reads in time gets all', async () => {
  const { socket, control } = await openFake();
  const [row] = control.sessionPage.rows;
  control.sessionPage = { ...control.sessionPage, rows: Array(20_000).fill(row) };
  const { body } = await send(socket.path, 'GET', '/api/sessions');
  expect(body).toEqual(control.sessionPage);
});

test.each([
  ['half a request line', 'GET /heal', 408],
  ['headers that do not end', 'GET /healthz HTTP/1.1\r\nA: b\r\n', 408],
  ['garbage', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['garbage in lines', 'HELO there\r\n\r\n', 400],
  ['another version', 'GET /healthz HTTP/9.9\r\n\r\n', 400],
  ['two lengths', `${reload}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400],
  ['a length and chunks', `${reload}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`, 400],
  ['a negative length', `${reload}Content-Length: -1\r\n\r\n`, 400],
  ['a very long URL', `GET /${'a'.repeat(1 << 20)} HTTP/1.1\r\n\r\n`, 431],
  ['very many headers', `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(100_000)}\r\n`, 431],
])('%s is answered, and the connection closed', async (_, bytes, status) => {
  const { socket, control } = await openFake(status === 408 ? { headersMs: 50, requestMs: 100 } : {});
  const client = await rawClient(socket.path, bytes);
  expect(await within('the end', readAll(client))).toMatch(problem(status));
  expect(control.calls).toEqual([]);
  await stillServes(socket.path);
});

test.each([
  ['a body that never comes', `${reload}Content-Length: 10\r\n\r\n`],
  ['a body that ends too early', `${reload}Content-Length: 10\r\n\r\n{}`],
  ['chunks that do not end', `${reload}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n`],
  ['chunks that are none', `${reload}Transfer-Encoding: chunked\r\n\r\nnope\r\n`],
  ['a tunnel', 'CONNECT example.org:80 HTTP/1.1\r\n\r\n'],
])('%s closes the connection', async (_, bytes) => {
  const { socket, control, bugs } = await openFake({ headersMs: 50, requestMs: 100 });
  await within('the end', readAll(await rawClient(socket.path, bytes)));
  expect([control.calls, bugs]).toEqual([[], []]);
  await stillServes(socket.path);
});

test('a client that leaves in the middle of its body is no bug', async () => {
  const { socket, control, bugs } = await openFake();
  const client = await rawClient(socket.path, `${reload}Content-Length: 10\r\nExpect: 100-continue\r\n\r\n`);
  await once(client, 'data');
  client.destroy();
  expect(await send(socket.path, 'GET', '/healthz')).toMatchObject(healthy);
  expect([control.calls, bugs]).toEqual([[], []]);
});

test('a body of 1 MiB is not kept, in one piece or in chunks', async () => {
  const { socket, control } = await openFake();
  const body = ' '.repeat(1 << 20);
  const whole = await rawClient(
    socket.path,
    `${reload}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  expect(await within('the end', readAll(whole))).toMatch(problem(413));
  const chunks = `100000\r\n${body}\r\n0\r\n\r\n`;
  const pieces = await rawClient(
    socket.path,
    `${reload}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
  );
  expect(await within('the end', readAll(pieces))).toMatch(problem(413));
  expect(control.calls).toEqual([]);
});

test('many requests at once close the connection; some are answered in order', async () => {
  const { socket, control } = await openFake();
  const flood = await rawClient(socket.path, 'GET /api/status HTTP/1.1\r\n\r\n'.repeat(2_000));
  await within('the end', readAll(flood));
  expect(control.calls.length).toBeLessThanOrEqual(8);
  const few = ['/healthz', '/api/nope', '/readyz'].map((path) => `GET ${path} HTTP/1.1\r\n`).join('\r\n');
  const answers = await readAll(await rawClient(socket.path, `${few}Connection: close\r\n\r\n`));
  expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
});

test.each([
  ['/api/../x', 404],
  ['/api/../api/./status', 200],
  ['/api/%2e%2e/x', 404],
  ['/..%2f..%2fetc/passwd', 404],
  ['//etc/passwd', 404],
  ['/api\\status', 400],
  ['*', 400],
  ['http://other/healthz', 200],
  ['http://[/healthz', 400],
])('the path %s', async (path, status) => {
  const { socket, bugs } = await openFake();
  const { status: seen, type } = await send(socket.path, 'GET', path);
  expect([seen, type]).toEqual([status, status === 200 ? 'application/json' : 'application/problem+json']);
  expect(bugs).toEqual([]);
});

test.each(['a host', '[::', '../..', ''])('the Host header %j changes nothing', async (host) => {
  const { socket } = await openFake();
  expect(await send(socket.path, 'GET', '/healthz', { headers: { Host: host } })).toMatchObject(healthy);
});

test('a request to upgrade is answered as any other; an expectation is passed over', async () => {
  const { socket } = await openFake();
  const headers = { Connection: 'Upgrade', Upgrade: 'websocket' };
  expect(await send(socket.path, 'GET', '/healthz', { headers })).toMatchObject(healthy);
  expect(await send(socket.path, 'GET', '/healthz', { headers: { Expect: 'miracles' } })).toMatchObject(healthy);
});

test('an idle connection is closed', async () => {
  const { socket } = await openFake({ idleMs: 50 });
  const client = await rawClient(socket.path, 'GET /healthz HTTP/1.1\r\n\r\n');
  expect(await within('the end', readAll(client))).toContain('HTTP/1.1 200');
});
