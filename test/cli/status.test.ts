import { expect, it } from 'vitest';
import { localTime } from '../../src/base/instant.ts';
import { statusLines } from '../../src/cli/status-lines.ts';
import { someStatus } from '../helpers/fake-gateway.ts';
import { fakeIo } from './fake-io.ts';
import { runOn } from './running.ts';

const now = Date.parse('2026-11-27T12:00:00.000Z');

function shown(status = someStatus): string {
  const io = fakeIo();
  try {
    return statusLines(status, { output: io.stdout, now }).join('\n');
  } finally {
    io.remove();
  }
}

it('shows what runs, since when, its sessions, its rates, what is out, its reloads and what it serves', () => {
  expect(shown().split('\n')).toEqual([
    'gateway   lab: floatgate up 0.2.0, pid 4711, Node 24.1.0',
    `since     ${localTime(someStatus.startedAt)} (4h)`,
    'state     serving',
    'config    /etc/floatgate.yaml',
    'subnet    192.168.20.0/24',
    'engine    splice (zero-copy)',
    'log       info',
    'sessions  1,200 now, 1,500 at most',
    '          45,000 opened, 3 denied, 0 turned away',
    'ended     client closed 43,000, idle 800',
    'bytes     81 B to targets, 3 GiB to clients',
    'rates     2.3 sessions/s, 0 B/s to targets, 1.5 MiB/s to clients (over 1m)',
    'out       192.168.20.16 for 1h: 3 targets, 2 sessions still with it',
    'skipped   Cannot listen on port 30009: held by x',
    'reloads   2 applied, 1 refused',
    `          ${localTime('2026-11-27T11:30:00.000Z')}  by command, refused: gateway.yaml:3:5: Cannot read x (12ms)`,
    '',
    'serves  ports        on           leads to                sessions  added',
    'ssh     30001-30254  0.0.0.0, ::  port 22 of hosts 1-254     1,200',
    '8080    8080         0.0.0.0      10.0.0.5:80                    0  2h left',
    '255 listeners',
  ]);
});

it('is short where there is little to show, and says that the gateway drains', () => {
  const text = shown({
    ...someStatus,
    state: 'draining',
    served: [],
    out: [],
    listeners: { open: 0, skipped: [] },
    reloads: { applied: 0, refused: 0, last: [] },
  });
  expect(text).toContain('\nstate     draining: it ends when its sessions have\n');
  expect(text).not.toMatch(/out {7}|skipped|reloads|serves/);
});

it('shortens long lists, and escapes what a terminal obeys', () => {
  const served = Array.from({ length: 40 }, () => ({ ...someStatus.served[0], name: 'a\u001b[2J' }));
  const skipped = Array.from({ length: 40 }, (_, port) => ({ listener: '', message: `busy ${port}\u001b[2J` }));
  const text = shown({ ...someStatus, served: served as never, listeners: { open: 40, skipped } });
  expect(text.match(/busy/g)).toHaveLength(30);
  expect(text).toContain('\n          ... and 10 more\n');
  expect(text).toContain('\n... and 10 more, with --json\n');
  expect(text).toContain('a\\u001b[2J');
  expect(text).not.toContain('\u001b');
});

it('prints the answer as JSON', async () => {
  const { code, out } = await runOn({ 'GET /api/status': () => ({ body: someStatus }) }, ['status', '--json']);
  expect({ code, answer: JSON.parse(out) }).toEqual({ code: 0, answer: someStatus });
});

it('prints a table, or why there is no answer', async () => {
  const { code, out } = await runOn({ 'GET /api/status': () => ({ body: someStatus }) }, ['status'], 'terminal');
  expect({ code, first: out.split(':')[0] }).toEqual({ code: 0, first: 'gateway   lab' });
  for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  const failed = await runOn({}, ['status']);
  expect(failed).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/^Cannot use \/api\/status .*\n$/) });
});
