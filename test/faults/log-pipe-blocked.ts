import { chmodSync, closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../src/base/errors.ts';
import { until } from '../helpers/until.ts';
import type { Fault } from './fault.ts';
import { sessionLines } from './session-lines.ts';

/** Nobody reads the log. */
export const logPipeBlocked: Fault = {
  name: 'log-pipe-blocked',
  title: 'log pipe blocked',
  load: '5,000 sessions, two log lines each, while nobody reads; then somebody does',
  expected: 'every client is served; lines that do not fit are dropped, and counted exactly',
  needs: [],
  async run(fixture) {
    const count = fixture.pick({ ci: 1_000, full: 5_000 });
    const { folder } = fixture.workshop;
    chmodSync(folder, 0o755);
    const pipe = join(folder, 'log');
    await fixture.mustRun('mkfifo', pipe);
    chmodSync(pipe, 0o666);
    // Linux opens a FIFO for both at once without waiting (fifo(7)). The gateway gets an open file of its own.
    const held = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    const stderr = openSync(pipe, constants.O_WRONLY);
    fixture.children.afterwards(async () => {
      closeSync(held);
      closeSync(stderr);
    });
    const echo = await fixture.target({ kind: 'echo' });
    const { gateway, listeners } = await fixture.forwards([echo.at, echo.at], {
      args: ['--log-level', 'debug'],
      stderr,
    });
    fill(held);
    const neighbour = await fixture.neighbour(listeners[1]);
    const clients = fixture.clients();
    const seen = await clients.ask('attempt', { to: [listeners[0]], count, atOnce: 16, patience: 20_000 });
    fixture.check('every client is served', seen.counts.echo === count, seen.counts);
    await gateway.settled();

    let text = '';
    const dropped = () => {
      text += drain(held);
      const found = sessionLines(text);
      return found.dropped > 0 && found;
    };
    const first = await until('a line with the number of dropped ones', dropped);
    fixture.check('lines were dropped', first.dropped > 0, first.dropped);
    // Opened and closed for each client; the neighbour has opened.
    const all = 2 * count + 1;
    const { lines, dropped: lost } = await until('the whole log', () => {
      const found = dropped();
      return found && found.lines + found.dropped >= all && found;
    });
    fixture.check('written and dropped are all there were', lines + lost === all, `${lines} + ${lost} of ${all}`);
    fixture.saw(`${seen.counts.echo} of ${count} served; ${lines} lines written, ${lost} dropped, of ${all}`);
    await fixture.over(gateway, neighbour);
  },
};

function fill(pipe: number): void {
  untilStuck(() => void writeSync(pipe, '\n'.repeat(4_096)));
}

function drain(pipe: number): string {
  const chunk = Buffer.alloc(64 * 1_024);
  let text = '';
  untilStuck(() => {
    text += chunk.toString('latin1', 0, readSync(pipe, chunk));
  });
  return text;
}

/** Until the pipe is full (EAGAIN). */
function untilStuck(move: () => void): void {
  try {
    for (;;) move();
  } catch (error) {
    if (errnoOf(error) !== 'EAGAIN') throw error;
  }
}
