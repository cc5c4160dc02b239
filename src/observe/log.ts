import { accessSync, constants, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import pino from 'pino';
import { errnoOf, FloatgateError, messageOf } from '../base/errors.ts';
import type { LogLevel } from '../plan/plan.ts';
import { NonBlockingDestination } from './non-blocking-destination.ts';
import { terminalLine } from './terminal-line.ts';

export interface LogOptions {
  readonly level: LogLevel;
  /** Appended to, created with mode 0640; left out: the descriptor `fd`. */
  readonly file?: string;
  /** Default 2, stderr. */
  readonly fd?: number;
  /** `terminal` is for a person, `json` is one object a line. A file always gets JSON. */
  readonly style: 'json' | 'terminal';
  /** Whether session lines are shown on a terminal; elsewhere they always are. */
  readonly verbosity: 'quiet' | 'verbose';
  /** Whether a terminal gets colours; default `plain`. */
  readonly colours?: 'colours' | 'plain';
}

/** Where log lines go. No write blocks the loop or the exit: see NonBlockingDestination. */
export interface Log {
  readonly logger: pino.Logger;
  /** For `sessionLog`: the same lines, but on a quiet terminal only those of level error. */
  readonly sessions: pino.Logger;
  /** Lines lost so far because the reader was stuck or gone, or the disk full. */
  readonly dropped: number;
  /**
   * Opens the log file anew, as after a rotation; lines that wait are written to the new one. Where it cannot be opened,
   * the present one stays, and a line says so. Nothing to do where the log is no file.
   */
  reopen(): void;
  /** Writes what can be written at once; called before the process ends. Never waits. */
  flush(): void;
  /** Resolves once all lines are written or lost, or after `timeout` milliseconds. */
  drained(timeout: number): Promise<void>;
}

/**
 * The log of a running gateway: pino over our own destination, without pino's transport threads.
 * @throws FloatgateError `LOG_FILE` when the file cannot be opened.
 */
export function createLog(options: LogOptions): Log {
  const style = options.file === undefined ? options.style : 'json';
  const colours = options.colours ?? 'plain';
  const shape = style === 'json' ? (line: string) => line : (line: string) => terminalLine(line, colours);
  const droppedLine = (count: number) => shape(droppedJson(count));
  const destination = new NonBlockingDestination(
    options.file === undefined ? (options.fd ?? 2) : openLogFile(options.file),
    { droppedLine },
  );
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    style === 'json' ? destination : { write: (line: string) => destination.write(shape(line)) },
  );
  return {
    logger,
    sessions: style === 'terminal' && options.verbosity === 'quiet' ? errorsOnly(logger) : logger,
    get dropped() {
      return destination.dropped;
    },
    reopen() {
      if (options.file === undefined) return;
      try {
        destination.replace(openLogFile(options.file));
        logger.info('log file opened again');
      } catch (error) {
        logger.error({ error: messageOf(error) }, 'the log goes on in the file that is open');
      }
    },
    flush: () => destination.flush(),
    drained: (timeout) => destination.drained(timeout),
  };
}

function errorsOnly(logger: pino.Logger): pino.Logger {
  const level = logger.isLevelEnabled('error') ? 'error' : logger.level;
  return logger.child({}, { level });
}

function droppedJson(dropped: number): string {
  const msg = 'log lines were dropped because they could not be written';
  return `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), dropped, msg })}\n`;
}

/** Why a file cannot be logged to, as far as it shows without opening it, which would make it. */
export function cannotLogTo(file: string): string | undefined {
  try {
    const { W_OK, X_OK } = constants;
    const exists = statSync(file, { throwIfNoEntry: false });
    if (exists?.isDirectory() || file.endsWith('/')) return unusable(file, 'it is a directory');
    if (exists !== undefined) accessSync(file, W_OK);
    else accessSync(dirname(file), W_OK | X_OK);
    return undefined;
  } catch (error) {
    return unusable(file, messageOf(error));
  }
}

function unusable(file: string, why: string): string {
  return `Cannot open the log file ${file}: ${why}; choose a file that may be written`;
}

function openLogFile(file: string): number {
  // O_NONBLOCK: opening a FIFO that nobody reads fails (ENXIO) instead of waiting for a reader.
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    return openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY, 0o640);
  } catch (error) {
    const what = errnoOf(error) === 'ENXIO' ? 'it is a pipe that nobody reads' : messageOf(error);
    throw new FloatgateError('LOG_FILE', unusable(file, what), { cause: error });
  }
}
