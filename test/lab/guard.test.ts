import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guardScript } from '../helpers/guard.ts';
import { mustRun } from '../helpers/run-command.ts';
import { until, within } from '../helpers/until.ts';
import { openLab } from './lab.ts';
import { labHindrance, labTitle } from './lab-support.ts';

const hindrance = labHindrance();

describe.skipIf(hindrance !== undefined)(labTitle('a lab leaves nothing behind', hindrance), () => {
  it('when it is closed: no namespace, no process, no file', async () => {
    const lab = await openLab();
    const names = [lab.client.name, lab.gateway.name, lab.subnet.name];
    expect(await namespaces()).toEqual(expect.arrayContaining(names));
    const server = lab.subnet.spawn(['sleep', 'infinity'], { stdio: 'ignore' });
    const ended = once(server, 'exit');
    await lab.close();
    await within('the end of the process in the namespace', ended);
    expect((await namespaces()).filter((name) => names.includes(name))).toEqual([]);
    await expect(access(lab.folder)).rejects.toThrow();
    await lab.close();
  });

  it.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)('when its maker gets %s', async (signal) => {
    const folder = await mkdtemp(join(tmpdir(), 'floatgate-lab-'));
    const name = `floatgate-${process.pid}-${signal.toLowerCase()}`;
    await mustRun('ip', ['netns', 'add', name]);
    const inside = spawn('ip', ['netns', 'exec', name, 'sleep', 'infinity'], { stdio: 'ignore' });
    const insideEnded = once(inside, 'exit');
    // As a lab's maker: it holds the guard's stdin, and gets no notice of its own end.
    const options = "{ stdio: ['pipe', 'inherit', 'inherit'], detached: true }";
    const guardian = `require('node:child_process').spawn('bash', process.argv.slice(1), ${options})`;
    const script = `${guardian}; console.log('up')`;
    const maker = spawn(process.execPath, ['-e', script, guardScript, folder, name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(maker.stdout, 'data');
    maker.kill(signal);
    await until('the removal of the namespace', async () => !(await namespaces()).includes(name));
    await until(
      'the removal of the folder',
      async () => !(await readdir(tmpdir())).includes(folder.slice(tmpdir().length + 1)),
    );
    await within('the end of the process in the namespace', insideEnded);
  });
});

async function namespaces(): Promise<string[]> {
  const { stdout } = await mustRun('ip', ['netns', 'list']);
  return stdout.split('\n').map((line) => line.split(' ')[0] ?? '');
}
