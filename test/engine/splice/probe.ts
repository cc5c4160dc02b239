import { writeSync } from 'node:fs';
import { expect, onTestFinished } from 'vitest';
import { chooseLoop, type Loop } from '../../../src/engine/loop.ts';
import { type Pollable, Reactor } from '../../../src/engine/splice/reactor.ts';
import { dialFlow, noEvents } from '../../../src/engine/splice/ready-queue.ts';
import { noDescriptor, noSeat } from '../../../src/engine/splice/watched-sockets.ts';
import { EPOLLET, EPOLLIN, PIPE_NONBLOCK_CLOEXEC } from '../../../src/libc/constants.ts';
import type { Libc } from '../../../src/libc/libc.ts';
import { libc } from './splice-fixture.ts';

/** A watched socket under the control of the test. */
export class Probe implements Pollable {
  fd = noDescriptor;
  seat = noSeat;
  pending = noEvents;
  flow = dialFlow;
  /** Events that it was notified of. */
  notified = 0;
  onReady: () => void = () => {};
  crash: 'ends it' | 'is not its own' = 'ends it';
  /** Exceptions that have ended it. */
  readonly ended: unknown[] = [];

  ready(): void {
    this.notified += 1;
    this.onReady();
  }

  crashed(error: unknown): void {
    if (this.crash === 'is not its own') throw error;
    this.ended.push(error);
  }
}

export function openReactor(over: Libc = libc, loop: Loop = chooseLoop(libc)): Reactor {
  const reactor = new Reactor(over, loop);
  onTestFinished(() => reactor.shutDown());
  return reactor;
}

export function openPipe(): { readonly readEnd: number; readonly writeEnd: number } {
  const fds = libc.allocate(8);
  if (libc.pipe2(fds.address, PIPE_NONBLOCK_CLOEXEC) < 0) throw new Error('no pipe');
  const writeEnd = fds.bytes.readInt32LE(4);
  onTestFinished(() => {
    libc.close(writeEnd);
  });
  return { readEnd: fds.bytes.readInt32LE(0), writeEnd };
}

/** Watches the read end of a new pipe; returns a way to make it readable. */
export function watchPipe(reactor: Reactor, probe: Probe): () => void {
  const { readEnd, writeEnd } = openPipe();
  expect(reactor.add(probe, readEnd, EPOLLIN | EPOLLET)).toBe(0);
  onTestFinished(() => reactor.close(probe));
  return () => writeSync(writeEnd, 'x');
}
