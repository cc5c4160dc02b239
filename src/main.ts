import { realpathSync, writeSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { printable } from './base/printable.ts';
import { runCommandLine } from './cli/command-line.ts';
import type { Entry } from './cli/entry.ts';
import { processIo } from './cli/process-io.ts';
import { endProcess } from './libc/end-process.ts';
import type { Log } from './observe/log.ts';

// The only place that ends a process that has loaded; before that, floatgate.cts does. process.exit: nothing that is still
// pending, such as a write to a reader that is stuck, may keep an ended gateway alive.

// The young generation stays as large as loading has made it: V8 would let it grow to three times 16 MiB while sessions are
// opened, a third of the memory of 9,000 idle sessions. It is small, so collecting it takes one thread less CPU than four.
// And no session begins its life in the old one: V8 allocates there what a long configuration had made long-lived, such as
// an array, and each of them keeps a whole dead session alive until the next full collection.
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

// Run by itself it would lack what the bin prepares: signals, and the size of libuv's thread pool.
if (process.argv[1] !== undefined && isThisFile(process.argv[1])) {
  say('Cannot run main.js by itself: it is a part of floatgate; run floatgate.cjs beside it\n');
  process.exit(2);
}

function isThisFile(path: string): boolean {
  try {
    return realpathSync(path) === import.meta.filename;
  } catch {
    return false;
  }
}

/** A bug of ours: it is logged with its stack, and the process ends with 1. */
function crash(cause: unknown): void {
  const error = cause instanceof Error ? cause : new Error(`thrown: ${String(cause)}`);
  if (log?.logger.isLevelEnabled('fatal')) {
    log.logger.fatal(error, 'floatgate has crashed, which is a bug');
    log.flush();
  } else {
    say(`floatgate has crashed, which is a bug: ${error.stack ?? error.message}\n`);
  }
  process.exit(1);
}

function say(text: string): void {
  try {
    writeSync(2, printable(text));
  } catch {
    // Nobody reads it.
  }
}
