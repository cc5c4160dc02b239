import pino from 'pino';
import { messageOf } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import type { LogLevel } from '../plan/plan.ts';
import { openLogFile } from './log-file.ts';
import { NonBlockingDestination } from './non-blocking-destination.ts';
import type { SessionLines } from './session-log.ts';
import { textLine } from './text-line.ts';

export interface LogOptions {
  readonly level: LogLevel;
  /** See `openLogFile`; left out: the descriptor `fd`. */
  readonly file?: string;
  /** Default 2, stderr. */
  readonly fd?: number;
  /** `json` is one object a line, `text` is prose with dates, `terminal` is prose that fits a terminal. */
  readonly style: 'json' | 'text' | 'terminal';
  /** A quiet terminal shows sessions that fail; a verbose one shows all, and their openings. Default `quiet`. */
  readonly verbosity?: 'quiet' | 'verbose';
  /** Whether text has colours; default `plain`. */
  readonly colours?: 'colours' | 'plain';
  /** Columns of the terminal, which may change; default 80. */
  readonly columns?: () => number;
  /** How sessions without a byte either way are logged; default `each`. */
  readonly byteless?: SessionLines['byteless'];
}

/** Where log lines go. No write blocks the loop or the exit: see NonBlockingDestination. */
export interface Log {
  readonly logger: pino.Logger;
  readonly style: LogOptions['style'];
  /** The least severe lines that are written; may be set at any time. */
  level: LogLevel;
  /** For `sessionLog`. */
  readonly sessions: SessionLines;
  /** Lines lost so far because the reader was stuck or had closed, or the disk was full. */
  readonly dropped: number;
  /**
   * Opens the log file again, as after a rotation. Queued lines are written to the new file. The old one stays in use,
   * with a line about it, where the new one cannot be opened. Does nothing for a log that is no file.
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
  const { style, file } = options;
  const shape = style === 'json' ? printable : textShape(options, style);
  const destination = new NonBlockingDestination(file === undefined ? (options.fd ?? 2) : openLogFile(file), {
    droppedLine: (count) => shape(droppedJson(count)),
  });
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => destination.write(shape(line)) },
  );
  const sessions = sessionLines(logger, options);
  let { level } = options;
  return {
    logger,
    style,
    sessions,
    get level() {
      return level;
    },
    set level(next) {
      level = next;
      logger.level = next;
      if (sessions.logger !== logger) sessions.logger.level = verboseLevel(next);
    },
    get dropped() {
      return destination.dropped;
    },
    reopen() {
      if (file === undefined) return;
      try {
        destination.replace(openLogFile(file));
        logger.info('log file opened again');
      } catch (error) {
        logger.error({ error: messageOf(error) }, 'the log goes on in the file that is open');
      }
    },
    flush: () => destination.flush(),
    drained: (timeout) => destination.drained(timeout),
  };
}

function textShape(
  { colours = 'plain', columns = () => 80 }: LogOptions,
  style: 'text' | 'terminal',
): (json: string) => string {
  if (style === 'text') return (json) => textLine(json, { time: 'date and clock', colours });
  return (json) => textLine(json, { time: 'clock', colours, columns: columns() });
}

function sessionLines(
  logger: pino.Logger,
  { level, style, verbosity = 'quiet', byteless = 'each' }: LogOptions,
): SessionLines {
  if (style !== 'terminal') return { logger, shown: 'all', byteless };
  if (verbosity === 'quiet') return { logger, shown: 'failures', byteless };
  return { logger: logger.child({}, { level: verboseLevel(level) }), shown: 'all', byteless };
}

/** Openings are debug lines. */
function verboseLevel(level: LogLevel): LogLevel {
  return level === 'info' ? 'debug' : level;
}

function droppedJson(dropped: number): string {
  const msg = 'log lines were dropped because they could not be written';
  return `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), dropped, msg })}\n`;
}
