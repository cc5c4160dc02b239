import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { cleanEnvironment, endProcess } from '../helpers/gateway-process.ts';
import { freeBase } from '../helpers/loopback-hosts.ts';
import { isRoot } from '../helpers/nobody.ts';
import { runCommand } from '../helpers/run-command.ts';
import { ask } from '../helpers/tcp-client.ts';
import { until } from '../helpers/until.ts';
import { floatgate, start } from './floatgate.ts';

/** A user that has no other process, so that RLIMIT_NPROC counts this one alone. */
const lonely = ['setpriv', '--reuid', '64321', '--regid', '64321', '--clear-groups', '--'];

/** Serves a target by its name, as the user and under the limit of `wrap`; the number of its threads, and its notes. */
async function served(
  wrap: (command: readonly string[]) => readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  const target = createServer((socket) => socket.on('error', () => {}).end('hello\n'));
  onTestFinished(() => void target.close());
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  const port = (await freeBase([16])) + 16;
  const command = floatgate(
    'forward',
    `127.0.0.1:${port}=localhost:${(target.address() as AddressInfo).port}`,
    '--engine',
    'stream',
  );
  const gateway = start(command, { wrap: () => wrap(command), env });
  const { notes } = await gateway.ready();
  expect((await ask(port)).received).toBe('hello\n');
  const threads = readdirSync(`/proc/${gateway.pid}/task`).length;
  expect(await endProcess(gateway)).toEqual({ code: 0, signal: null });
  return { threads, notes };
}

it.skipIf(!isRoot)(
  'has a pool of 65 threads, 4 with a note where RLIMIT_NPROC is short, and refuses where none is left',
  async () => {
    const under = (most: number) => (command: readonly string[]) => [
      ...lonely,
      'prlimit',
      `--nproc=${most}`,
      ...command,
    ];
    const plenty = await served(under(300));
    expect(plenty.notes).toEqual([]);
    const short = await served(under(60));
    expect(short.notes).toEqual([
      expect.stringMatching(/^Names are looked up 2 at a time.* \(ulimit -u 60\) leaves \d+ threads/),
    ]);
    expect(plenty.threads - short.threads).toBe(61);
    const larger = await served(under(300), { UV_THREADPOOL_SIZE: '10' });
    expect(larger.threads - short.threads).toBe(6);
    const [first = '', ...rest] = under(short.threads - 4)(floatgate('--version'));
    const none = await runCommand(first, rest, { cwd: '/', env: cleanEnvironment() });
    expect(none).toMatchObject({ code: 1, stderr: expect.stringMatching(/^Cannot start: .* leaves 0 threads.*\n$/) });
  },
);

/** Where control groups with a pids controller can be made: version 1, or 2. */
const groups = ['/sys/fs/cgroup/pids', '/sys/fs/cgroup'].find((folder) => existsSync(`${folder}/cgroup.procs`));

it.skipIf(!isRoot || groups === undefined)('the same where pids.max is short', async () => {
  const group = `${groups}/floatgate-test-${process.pid}`;
  mkdirSync(group);
  onTestFinished(async () => {
    // The kernel counts a process until it has been waited for.
    await until('an empty group', () => {
      try {
        rmdirSync(group);
        return true;
      } catch {
        return false;
      }
    });
  });
  writeFileSync(`${group}/pids.max`, '40');
  const inside = (command: readonly string[]) => [
    'sh',
    '-c',
    `echo $$ >${group}/cgroup.procs; exec "$@"`,
    'sh',
    ...command,
  ];
  const { notes } = await served((command) => inside([...lonely, ...command]));
  expect(notes).toEqual([
    expect.stringMatching(/^Names are looked up 2 at a time.* \(pids.max 40 of .*\) leaves \d+ threads/),
  ]);
});
