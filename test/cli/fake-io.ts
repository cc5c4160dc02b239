import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommandLine } from '../../src/cli/command-line.ts';
import type { ExitCode, Io, Output, SignalRequest } from '../../src/cli/io.ts';

/** An Io over files of its own, with signals that a test sends. */
export interface FakeIo extends Io {
  readonly signals: { send(request?: SignalRequest): void; readonly listeners: number };
  out(): string;
  err(): string;
  remove(): void;
}

export function fakeIo(
  environment: Readonly<Record<string, string>> = {},
  style: 'terminal' | 'json' = 'json',
): FakeIo {
  const folder = mkdtempSync(join(tmpdir(), 'floatgate-io-'));
  const listeners = new Set<(request: SignalRequest) => void>();
  const output = (name: string): Output => {
    const fd = openSync(join(folder, name), 'a');
    const write = async (text: string) => void writeSync(fd, text);
    return { fd, style, colours: 'plain', columns: () => 80, rows: () => 24, write };
  };
  const stdout = output('out');
  const stderr = output('err');
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return {
    // A test of the control socket names a folder for it; others leave none behind.
    environment: { FLOATGATE_CONTROL: 'off', ...environment },
    stdout,
    stderr,
    onSignal(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    endBySignals() {},
    useLog() {},
    serving() {},
    signals: {
      send: (request = 'stop') => {
        for (const listener of listeners) listener(request);
      },
      get listeners() {
        return listeners.size;
      },
    },
    out: () => read('out'),
    err: () => read('err'),
    remove() {
      closeSync(stdout.fd);
      closeSync(stderr.fd);
      rmSync(folder, { recursive: true });
    },
  };
}

export interface Ran {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

/** Runs a command that ends by itself. */
export async function run(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const io = fakeIo(environment);
  try {
    const code = await runCommandLine(words, io);
    return { code, out: io.out(), err: io.err() };
  } finally {
    io.remove();
  }
}
