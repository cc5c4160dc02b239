import { expect, it, onTestFinished, vi } from 'vitest';
import { until } from '../helpers/until.ts';
import { pagesOf, runOn } from './running.ts';

const session = (id: number, more: object = {}) => ({
  id,
  state: 'relaying',
  service: 'ssh',
  host: 16,
  listener: '0.0.0.0:30016',
  client: '203.0.113.9:50124',
  target: '192.168.20.16:22',
  startedAt: '2026-11-27T08:00:00.000Z',
  ageMs: 93_600_000,
  bytesToTarget: 81,
  bytesToClient: 24_641_536,
  heldToTarget: 0,
  heldToClient: 0,
  ...more,
});
const many = Array.from({ length: 450 }, (_, index) => session(index + 1));
const serving = (rows: readonly object[]) => ({ 'GET /api/sessions': pagesOf(rows) });

it('shows who is on a host', async () => {
  const rows = [session(7), session(4711, { host: undefined, service: '8080', client: '[2001:db8::9]:50124' })];
  const { code, out, asked } = await runOn(serving(rows), ['sessions', '--host', '16']);
  expect(code).toBe(0);
  expect(asked[0]?.route).toBe('GET /api/sessions?host=16&order=asc');
  expect(out.split('\n')).toEqual([
    '  id  state     service  host  client               target             age  to target  to client',
    '   7  relaying  ssh        16  203.0.113.9:50124    192.168.20.16:22  1d2h       81 B   23.5 MiB',
    '4711  relaying  8080           [2001:db8::9]:50124  192.168.20.16:22  1d2h       81 B   23.5 MiB',
    '2 sessions',
    '',
  ]);
});

it.each([
  [['--host', '16'], 'Nobody is on host 16\n'],
  [['--host', '16', '--client', '10.0.0.0/8'], 'No session fits --host 16 --client 10.0.0.0/8\n'],
  [['--state', 'reading-header'], "No session fits --state 'reading header'\n"],
  [[], 'There are no sessions\n'],
] as const)('says plainly when %j finds nobody', async (words, text) => {
  expect(await runOn(serving([]), ['sessions', ...words])).toMatchObject({ code: 0, out: text, err: '' });
});

it.each([
  [['--sort', 'age'], 'sort=age&order=desc'],
  [['--sort', 'age', '-r'], 'sort=age&order=asc'],
  [['--sort', 'bytes', '--order', 'asc'], 'sort=bytes&order=asc'],
  [['--reverse'], 'order=desc'],
  [['--page', '2', '--service', 'ssh', '--id', '7'], 'id=7&service=ssh&order=asc&page=2'],
] as const)('asks for what %j means', async (words, query) => {
  const { code, asked } = await runOn(serving(many), ['sessions', ...words]);
  expect({ code, route: asked[0]?.route }).toEqual({ code: 0, route: `GET /api/sessions?${query}` });
});

it('shows a page, and where there is more', async () => {
  const first = await runOn(serving(many), ['sessions']);
  expect(first.out).toMatch(/\n200 of 450 sessions; --page 2 for more\n$/);
  const last = await runOn(serving(many), ['sessions', '--page', '3']);
  expect(last.out).toMatch(/\n50 of 450 sessions\n$/);
});

it('prints all pages as one JSON document, or the one that is chosen', async () => {
  const all = await runOn(serving(many), ['sessions', '--json']);
  expect(JSON.parse(all.out)).toEqual({ rows: many, page: 1, pages: 1, total: 450 });
  const one = await runOn(serving(many), ['sessions', '--json', '--page', '3']);
  expect(JSON.parse(one.out)).toMatchObject({ rows: many.slice(400), page: 3, pages: 3, total: 450 });
});

it.each([2, 1, 0])('ends those that fit, and says that %i were', async (ended) => {
  const routes = { 'POST /api/sessions/end': () => ({ body: { ended } }) };
  const { code, out, asked } = await runOn(routes, ['sessions', '--host', '16', '--kill']);
  const text = ['Nobody is on host 16\n', '1 session ended\n', '2 sessions ended\n'][ended];
  expect({ code, out, asked }).toEqual({
    code: 0,
    out: text,
    asked: [{ route: 'POST /api/sessions/end', body: { host: 16 } }],
  });
});

it.each([
  [['--kill'], /^Cannot end every session: none was chosen; .*'floatgate drain --sessions 0s'\n$/s],
  [['--kill', '--watch', '--id', '1'], /^Cannot use --kill with --watch/],
  [['--host', 'web'], 'Cannot read --host: current value is "web"; write the number of a host, like 16; --target'],
  [['--id', '0'], 'Cannot read --id: current value is "0"; write the number of a session'],
  [['--state', 'gone'], 'Cannot read --state: current value is "gone"; write one of reading header, dialing'],
  [['--sort', 'size'], 'Cannot read --sort: current value is "size"; write one of id, age'],
  [['--order', 'up'], 'Cannot read --order: current value is "up"; write one of asc, desc'],
  [['--page', '0'], 'Cannot read --page: current value is "0"; write the number of a page'],
] as const)('%j ends with 2, and asks nothing', async (words, message) => {
  const { code, err, asked } = await runOn(serving([]), ['sessions', ...words]);
  expect({ code, asked }).toEqual({ code: 2, asked: [] });
  if (typeof message === 'string') expect(err).toContain(message);
  else expect(err).toMatch(message);
});

it('draws again and again with --watch, what fits the screen', async () => {
  let draws = 0;
  const page = pagesOf(many);
  const routes = {
    'GET /api/sessions': (asked: Parameters<typeof page>[0]) => {
      draws += 1;
      return draws > 1 ? { status: 500, text: 'no' } : page(asked);
    },
  };
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const ran = runOn(routes, ['sessions', '--watch'], 'terminal');
  await until('the timer of the second draw', () => vi.getTimerCount() === 1);
  vi.advanceTimersByTime(2_000);
  const { code, out, err } = await ran;
  expect(code).toBe(1);
  const [before, first = '', second] = out.split('\u001b[2J\u001b[H');
  expect({ before, second }).toEqual({ before: '', second: '' });
  expect(first.trimEnd().split('\n')).toHaveLength(23);
  expect(first).toMatch(/\n21 of 450 sessions\n$/);
  expect(err).toMatch(/^Cannot use \/api\/sessions/);
});
