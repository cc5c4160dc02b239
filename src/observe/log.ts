import pino from 'pino';
import { messageOf } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import type { LogLevel } from '../plan/plan.ts';
import { openLogFile } from './log-file.ts';
import { NonBlockingDestination } from './non-blocking-destination.ts';
import { terminalLine } from './terminal-line.ts';

export interface LogOptions {
  readonly level: LogLevel;
  /** See `openLogFile`; left out: the descriptor `fd`. */
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
  const shape = style === 'json' ? printable : (line: string) => terminalLine(line, colours);
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
    { write: (line: string) => destination.write(shape(line)) },
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
