import { spawn } from 'node:child_process';
import { chmodSync, closeSync, constants, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { errnoOf } from '../../src/base/errors.ts';
import { cleanEnvironment } from '../helpers/gateway-process.ts';
import { echo, freeBase, openHosts } from '../helpers/loopback-hosts.ts';
import { asNobody } from '../helpers/nobody.ts';
import { mustRun } from '../helpers/run-command.ts';
import { ask, isRefused } from '../helpers/tcp-client.ts';
import { slack, until, within } from '../helpers/until.ts';
import { readableFolder, start, up } from './floatgate.ts';

/** A pipe that is held open at both ends, and that nobody reads. */
async function unreadPipe(mode: number): Promise<{ readonly end: number; fill(): void }> {
  const path = join(await readableFolder(), 'pipe');
  await mustRun('mkfifo', [path]);
  chmodSync(path, mode);
  // Linux opens a FIFO for both at once without waiting (fifo(7)). The gateway gets an open file of its own, a blocking
  // one: O_NONBLOCK belongs to the open file, and would take the trap away.
  const held = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const end = openSync(path, constants.O_WRONLY);
  onTestFinished(() => {
    closeSync(held);
    closeSync(end);
  });
  return {
    end,
    fill() {
      try {
        for (;;) writeSync(held, '.'.repeat(4_096));
      } catch (error) {
        if (errnoOf(error) !== 'EAGAIN') throw error;
      }
    },
  };
}

describe('output that nobody reads', () => {
  it.each([
    ['that may be opened anew', 0o666],
    ['that may not', 0o600],
  ])('stdout and stderr stuck, pipes %s: traffic flows, and SIGTERM ends it in time', async (_, mode) => {
    await using hosts = await openHosts([16], echo);
    const port = (await freeBase([16])) + 16;
    const stdout = await unreadPipe(mode);
    const stderr = await unreadPipe(mode);
    const command = up(
      { echo: `${port - 16}:${hosts.port}` },
      '--hosts',
      '16',
      '--log-level',
      'debug',
      '--drain-timeout',
      '1s',
    );
    const [first, ...rest] = asNobody(command);
    // Full before the first word: the summary itself must not stop the gateway.
    stdout.fill();
    const gateway = spawn(first, rest, {
      cwd: '/',
      env: cleanEnvironment(),
      stdio: ['ignore', stdout.end, stderr.end],
    });
    onTestFinished(() => {
      gateway.kill('SIGKILL');
    });
    const exit = new Promise((resolve) => gateway.on('exit', (code, signal) => resolve({ code, signal })));
    await until('the gateway listening', async () => !(await isRefused(port)));
    stderr.fill();
    // Two lines for each session: enough to overflow any buffer on the way, were it not full already.
    for (let session = 0; session < 300; session += 1) {
      expect(await ask(port, 'hello')).toEqual({ received: 'hello', error: null });
    }
    const started = performance.now();
    gateway.kill('SIGTERM');
    expect(await within('the end', exit)).toEqual({ code: 0, signal: null });
    expect(performance.now() - started).toBeLessThan(1_000 + slack);
  });

  it('a reader that is behind at SIGTERM gets every line that was kept for it', async () => {
    await using hosts = await openHosts([16], echo);
    const port = (await freeBase([16])) + 16;
    const gateway = start(up({ echo: `${port - 16}:${hosts.port}` }, '--hosts', '16', '--log-level', 'debug'));
    await gateway.ready();
    gateway.child.stderr?.pause();
    // Two lines each, about 500 bytes: more than the socket and our stream take, less than the gateway keeps (256 KiB).
    const sessions = 500;
    for (let session = 0; session < sessions; session += 1) {
      expect(await ask(port, 'hello')).toEqual({ received: 'hello', error: null });
    }
    gateway.child.kill('SIGTERM');
    await until('new clients being refused', () => isRefused(port));
    gateway.child.stderr?.resume();
    expect(await within('the end', gateway.exit)).toEqual({ code: 0, signal: null });
    expect(gateway.logs.filter(({ bytesToTarget }) => bytesToTarget === 'hello'.length)).toHaveLength(sessions);
    expect(gateway.logs.at(-1)).toMatchObject({ msg: 'gateway closed' });
  });

  it('goes on when the readers of stdout and stderr have ended', async () => {
    await using hosts = await openHosts([16], echo);
    const port = (await freeBase([16])) + 16;
    const gateway = start(up({ echo: `${port - 16}:${hosts.port}` }, '--hosts', '16', '--log-level', 'debug'));
    await gateway.ready();
    gateway.child.stdout?.destroy();
    gateway.child.stderr?.destroy();
    for (let session = 0; session < 20; session += 1) {
      expect(await ask(port, 'hello')).toEqual({ received: 'hello', error: null });
    }
    gateway.child.kill('SIGTERM');
    expect(await within('the end', gateway.exit)).toEqual({ code: 0, signal: null });
  });
});
