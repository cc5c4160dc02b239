import { realpathSync, writeSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { printable } from './base/printable.ts';
import { runCommandLine } from './cli/command-line.ts';
import type { Entry } from './cli/entry.ts';
import { processIo } from './cli/process-io.ts';
import { endProcess } from './libc/end-process.ts';
import type { Log } from './observe/log.ts';

// Only this file and floatgate.cts end the process. They call process.exit: a pending write to a stuck reader must not
// keep an ended gateway alive.

// Memory of idle sessions. The young generation does not grow: 48 MiB would be a third of 9,000 idle sessions. It is
// small, so one thread collects it with less CPU than four. No pretenuring: V8 would allocate parts of new sessions in
// the old generation, where each keeps a whole dead session alive until the next full collection.
for (const flag of ['--semi-space-growth-factor=1', '--no-parallel-scavenge', '--no-allocation-site-pretenuring'])
  setFlagsFromString(flag);

let log: Log | undefined;

process.on('uncaughtException', crash).on('unhandledRejection', crash);

/** Called once, by the bin. */
export function main(entry: Entry): void {
  const words = process.argv.slice(2);
  const useLog = (opened: Log): void => {
    log = opened;
  };
  runCommandLine(words, processIo(entry, useLog)).then((code) => {
    log?.flush();
    return endProcess(code);
  }, crash);
}

// The bin prepares signals and the size of libuv's thread pool; without it both would be missing.
if (process.argv[1] !== undefined && isThisFile(process.argv[1])) {
  print('Cannot run main.js by itself: it is a part of floatgate; run floatgate.cjs beside it\n');
  process.exit(2);
}

function isThisFile(path: string): boolean {
  try {
    return realpathSync(path) === import.meta.filename;
  } catch {
    return false;
  }
}

/** A bug of ours: logs it with its stack and ends the process with 1. */
function crash(cause: unknown): void {
  const error = cause instanceof Error ? cause : new Error(`thrown: ${String(cause)}`);
  if (log?.logger.isLevelEnabled('fatal')) {
    log.logger.fatal(error, 'floatgate has crashed, which is a bug');
    log.flush();
  } else {
    print(`floatgate has crashed, which is a bug: ${error.stack ?? error.message}\n`);
  }
  process.exit(1);
}

function print(text: string): void {
  try {
    writeSync(2, printable(text));
  } catch {
    // Stderr is closed.
  }
}
