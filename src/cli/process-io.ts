import tty from 'node:tty';
import { errnoOf, FloatgateError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import type { Log } from '../observe/log.ts';
import { coloursOf } from './colours.ts';
import type { Entry } from './entry.ts';
import type { Io, Output, SignalRequest } from './io.ts';

const requests: Partial<Record<NodeJS.Signals, SignalRequest>> = {
  SIGINT: 'stop',
  SIGTERM: 'stop',
  SIGQUIT: 'drain',
  SIGHUP: 'reload',
  SIGUSR1: 'reopen the log',
  SIGUSR2: 'nothing yet',
};

/** The Io of this process. */
export function processIo(entry: Entry, useLog: (log: Log) => void): Io {
  let taken: 'by a gateway' | 'not' = 'not';
  const beforeWaiting = (): void => {
    if (taken === 'not') entry.takeSignals(undefined);
  };
  return {
    environment: process.env,
    stdout: output(1, () => process.stdout, beforeWaiting),
    stderr: output(2, () => process.stderr, beforeWaiting),
    onSignal(listener) {
      taken = 'by a gateway';
      entry.takeSignals((signal) => {
        const request = requests[signal];
        if (request !== undefined) listener(request);
      });
      return () => {
        taken = 'not';
        entry.takeSignals(undefined);
      };
    },
    endBySignals: () => entry.takeSignals(undefined),
    useLog,
    rootWarning: entry.rootWarning,
    serving: () => entry.keepInspectorClosed(),
  };
}

/**
 * `stream` is a function: Node opens its stream over the descriptor at the first access, and a gateway needs none but
 * for the width of a terminal. Node's writes to a pipe block, and no handler runs meanwhile: signals must end the
 * process by themselves then.
 */
function output(fd: 1 | 2, stream: () => NodeJS.WriteStream, beforeWaiting: () => void): Output {
  const terminal = tty.isatty(fd);
  // Opened now: opened later, it would make writes to the terminal block again (tty.WriteStream, setBlocking).
  const shown = terminal ? openedTerminal(stream) : undefined;
  return {
    fd,
    style: terminal ? 'terminal' : 'json',
    colours: coloursOf(terminal ? 'terminal' : 'none', process.env),
    columns: () => shown?.columns || 80,
    rows: () => shown?.rows || Number.POSITIVE_INFINITY,
    write: (text, whose) =>
      new Promise((resolve, reject) => {
        beforeWaiting();
        const opened = stream();
        const written = (error?: Error | null): void => {
          if (!error) opened.removeListener('error', written);
          // EPIPE: `floatgate map | head` reads no more. An error of stderr cannot be reported anywhere.
          if (fd === 2 || !error || errnoOf(error) === 'EPIPE') resolve();
          else reject(new FloatgateError('OUTPUT', `Cannot write the output: ${error.message}`, { cause: error }));
        };
        // Node emits the error as an event, too, and throws where no listener is set.
        opened.once('error', written);
        opened.write(whose === 'our own' ? text : printable(text), written);
      }),
  };
}

/** `undefined` where Node cannot open a stream over this terminal. */
function openedTerminal(stream: () => NodeJS.WriteStream): NodeJS.WriteStream | undefined {
  try {
    return stream();
  } catch {
    return undefined;
  }
}
