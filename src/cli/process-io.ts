import tty from 'node:tty';
import type { Log } from '../observe/log.ts';
import type { Io, Output } from './io.ts';

/** The Io of this process. */
export function processIo(useLog: (log: Log) => void): Io {
  return {
    environment: process.env,
    stdout: output(1, () => process.stdout),
    stderr: output(2, () => process.stderr),
    onSignal(listener) {
      process.on('SIGINT', listener).on('SIGTERM', listener);
      return () => process.off('SIGINT', listener).off('SIGTERM', listener);
    },
    useLog,
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
      new Promise((resolve) => {
        // EPIPE: `floatgate map | head` has seen enough. It comes as an event, too, which must find a listener.
        stream().once('error', () => resolve());
        stream().write(text, () => resolve());
      }),
  };
}
