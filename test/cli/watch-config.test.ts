import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { temporaryFile } from '../config/load.ts';
import { reservePort } from '../helpers/free-ports.ts';
import { until, within } from '../helpers/until.ts';
import { fakeIo } from './fake-io.ts';

function run(...words: readonly string[]) {
  const io = fakeIo();
  onTestFinished(() => io.remove());
  const code = within('the end of the command', runCommandLine([...words, '--watch'], io));
  return { io, code };
}

const start = (file: string) => run('up', '--config', file);

const forwards = (...ports: readonly number[]): string =>
  `bind: 127.0.0.1\nforwards: [${ports.map((port) => `{ listen: ${port}, to: 127.0.0.1:1 }`).join(', ')}]\n`;

it('an edit is applied by itself with --watch', async () => {
  const [one, other] = [await reservePort(), await reservePort()];
  const file = temporaryFile(forwards(one));
  const { io, code } = start(file);
  await until('the ready event', () => io.out().endsWith('\n'));
  writeFileSync(file, forwards(one, other));
  await until('the change', () => io.err().includes('configuration reloaded: 1 listener added'));
  io.signals.send('stop');
  expect(await code).toBe(0);
});

it.skipIf(process.platform === 'win32')('a pipe is not watched, and not read again', async () => {
  const file = temporaryFile('');
  rmSync(file);
  expect(spawnSync('mkfifo', [file])).toMatchObject({ status: 0 });
  const { io, code } = start(file);
  await writeFile(file, forwards(await reservePort()));
  await until('the warning', () => io.err().includes(`Cannot watch ${file}: it is a pipe`));
  io.signals.send('stop');
  expect(await code).toBe(0);
  expect(io.err()).not.toContain('configuration reloaded');
});

it('says that there is nothing to watch without a file', async () => {
  const { io, code } = run('forward', `127.0.0.1:${await reservePort()}=127.0.0.1:1`);
  await until('the ready event', () => io.out().endsWith('\n'));
  io.signals.send('stop');
  expect(await code).toBe(0);
  expect(io.err()).toContain('--watch has no effect: no configuration file is named');
});
