import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { builtFaults } from '../helpers/bench-build.ts';
import { cleanEnvironment } from '../helpers/gateway-process.ts';
import { mustRun } from '../helpers/run-command.ts';
import { until } from '../helpers/until.ts';
import { hindrance } from './needs.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));
const why = hindrance(['namespaces']);

describe.skipIf(why !== undefined)(
  `a run of faults that is killed${why === undefined ? '' : ` (skipped: ${why})`}`,
  () => {
    it('leaves no process, namespace or folder behind', async () => {
      const { engine, node, root } = inject('packedGateway');
      const command = [await builtFaults(), '--ci', '--only', 'target-vanishes'];
      const run = spawn(node, [...command, '--engine', engine, '--floatgate', join(root, 'dist', 'floatgate.cjs')], {
        cwd: project,
        env: cleanEnvironment(),
        stdio: 'ignore',
      });
      onTestFinished(() => {
        run.kill('SIGKILL');
      });
      const mine = async () => {
        const { stdout } = await mustRun('ip', ['netns', 'list']);
        return stdout.split('\n').flatMap((line) => line.match(`^floatgate-bench-${run.pid}-[^ ]*`)?.[0] ?? []);
      };
      const processes = async () => {
        const lists = (await mine()).map(async (name) => (await mustRun('ip', ['netns', 'pids', name])).stdout);
        return (await Promise.all(lists)).flatMap((list) => list.trim().split('\n')).filter((pid) => pid !== '');
      };
      // Two targets and a third one, the gateway, and its clients.
      const started = await until('everything started', async () => {
        const pids = await processes();
        return pids.length >= 6 && pids;
      });
      const exit = once(run, 'exit');
      run.kill('SIGKILL');
      await exit;
      await until('the end of every namespace', async () => (await mine()).length === 0);
      await until('the end of every process', () => started.every((pid) => !existsSync(`/proc/${pid}`)));
      const folders = async () =>
        (await readdir(tmpdir())).filter((name) => name.startsWith(`floatgate-bench-${run.pid}-`));
      await until('the removal of its folder', async () => (await folders()).length === 0);
      expect(await mine()).toEqual([]);
    });
  },
);
