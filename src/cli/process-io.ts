import tty from 'node:tty';
import { errnoOf, FloatgateError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import type { Log } from '../observe/log.ts';
import type { Io, Output } from './io.ts';

const stopping = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The Io of this process. */
export function processIo(useLog: (log: Log) => void, rootWarning: string | undefined): Io {
  return {
    environment: process.env,
    stdout: output(1, () => process.stdout),
    stderr: output(2, () => process.stderr),
    onSignal(listener) {
      // SIGHUP: the terminal it ran in was closed.
      for (const signal of stopping) process.on(signal, listener);
      return () => {
        for (const signal of stopping) process.off(signal, listener);
      };
    },
    useLog,
    rootWarning,
  };
}

/** `stream` is a function: Node opens its stream over the descriptor at the first access, and a gateway needs none. */
function output(fd: 1 | 2, stream: () => NodeJS.WriteStream): Output {
  const terminal = tty.isatty(fd);
  return {
    fd,
    style: terminal ? 'terminal' : 'json',
    // https://no-color.org
    colours: terminal && !process.env.NO_COLOR ? 'colours' : 'plain',
    write: (text) =>
      new Promise((resolve, reject) => {
        const written = (error?: Error | null): void => {
          // EPIPE: `floatgate map | head` has seen enough. And what stderr does not take, nobody can be told.
          if (fd === 2 || !error || errnoOf(error) === 'EPIPE') resolve();
          else reject(new FloatgateError('OUTPUT', `Cannot write the output: ${error.message}`, { cause: error }));
        };
        // An error comes as an event, too, which must find a listener.
        stream().once('error', written);
        stream().write(printable(text), written);
      }),
  };
}
