import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { until, within } from '../helpers/until.ts';
import { type FakeIo, fakeIo } from './fake-io.ts';

const ios: FakeIo[] = [];

afterEach(() => {
  for (const io of ios.splice(0)) io.remove();
});

function start(...more: readonly string[]) {
  const io = fakeIo();
  ios.push(io);
  // An address of the documentation (RFC 5737), which no interface holds.
  const words = ['up', '--subnet', '127.0.20.0/24', '--bind', '203.0.113.77', ...more];
  return { io, code: within('the end of the command', runCommandLine(words, io)) };
}

it('an address that does not come up: 1, and what was waited for', async () => {
  const { io, code } = start('--wait-for-network', '300ms');
  expect(await code).toBe(1);
  const [waiting, failed] = io
    .err()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(waiting).toMatchObject({ level: 'warn', msg: expect.stringContaining('no interface holds 203.0.113.77') });
  expect(failed).toMatchObject({ level: 'error', msg: expect.stringMatching(/^Cannot serve: .* gave up after 300ms/) });
});

it('wrong usage: 2, at once', async () => {
  const { io, code } = start('--wait-for-network', '1h', '--engine', 'fast');
  expect(await code).toBe(2);
  expect(io.err()).toContain('--engine');
  expect(await start('--wait-for-network', 'soon').code).toBe(2);
});

it.each(['stop', 'drain'] as const)('a signal ends the wait (%s): 0', async (request) => {
  const { io, code } = start('--wait-for-network', '1h');
  await until('the wait', () => io.err().includes('The network is not up'));
  io.signals.send(request);
  expect(await code).toBe(0);
});

it('reports it on stderr, too, where the log is a file', async () => {
  const file = join(tmpdir(), `floatgate-wait-${process.pid}.log`);
  try {
    const { io, code } = start('--wait-for-network', '10ms', '--log-file', file);
    expect(await code).toBe(1);
    expect(io.err()).toMatch(/^Cannot serve: .*\n$/);
    expect(readFileSync(file, 'utf8')).toContain('Cannot serve: ');
  } finally {
    rmSync(file, { force: true });
  }
});
