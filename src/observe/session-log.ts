import type pino from 'pino';
import { errnoOf } from '../base/errors.ts';
import type { SessionObserver, SessionRecord } from '../session/session-events.ts';
import { FailureLines, isFailure } from './failure-lines.ts';
import { PacedCount } from './paced-count.ts';

/** Which lines about sessions a log has. */
export interface SessionLines {
  readonly logger: pino.Logger;
  /** `failures`: those that fail, folded, for a person at a terminal. */
  readonly shown: 'all' | 'failures';
  /** Sessions that end well without a byte either way, as those of probes do: `counted` ones have lines at debug. */
  readonly byteless: 'each' | 'counted';
}

export interface SessionLog extends SessionObserver {
  /** Writes what is counted and has no line yet. Called once, when the last session has ended. */
  close(): void;
}

/** Milliseconds between two lines about sessions without a byte: 144 lines a day at most. */
const bytelessPause = 600_000;

/**
 * Writes sessions to the log: opened and denied at `debug`, closed at `info`, closed by a bug of ours at `error` with
 * the stack. Fields are stable: id, service, host, listener, client, target, and on close bytesToTarget,
 * bytesToClient, duration and dialTime (milliseconds), tries (targets dialed, where several), reason, error, code.
 */
export function sessionLog({ logger, shown, byteless }: SessionLines): SessionLog {
  if (shown === 'failures') return failureLog(logger);
  const counted = new PacedCount(bytelessPause, (sessions) => {
    logger.info({ sessions }, 'sessions have ended without a byte either way; debug lines have each of them');
  });
  return {
    get wants() {
      if (logger.isLevelEnabled('debug')) return 'opened and closed';
      return logger.isLevelEnabled('info') ? 'closed' : 'bugs';
    },
    opened(session) {
      const { id, service, host, listener, client, target } = session;
      logger.debug({ id, service, host, listener, client, target }, 'session opened');
    },
    closed(record) {
      if (record.reason === 'internal') {
        logBug(logger, record);
        return;
      }
      const onlyCounted = byteless === 'counted' && isByteless(record);
      if (onlyCounted) counted.add();
      const level = onlyCounted || isDenied(record) ? 'debug' : 'info';
      logger[level]({ ...fieldsOf(record), ...errorFields(record.error) }, messageFor(record));
    },
    close: () => counted.flush(),
  };
}

function failureLog(logger: pino.Logger): SessionLog {
  const lines = new FailureLines(logger);
  return {
    get wants() {
      return logger.isLevelEnabled('warn') ? 'closed' : 'bugs';
    },
    opened() {},
    closed(record) {
      if (record.reason === 'internal') logBug(logger, record);
      else if (isFailure(record.reason)) lines.failed(record);
    },
    close: () => lines.close(),
  };
}

function logBug(logger: pino.Logger, record: SessionRecord): void {
  logger.error({ ...fieldsOf(record), err: record.error }, messageFor(record));
}

function isByteless(record: SessionRecord): boolean {
  const { bytesToTarget, bytesToClient, reason } = record;
  if (bytesToTarget > 0 || bytesToClient > 0) return false;
  return !isFailure(reason) && !isDenied(record) && reason !== 'no answer';
}

/** Denied because of its PROXY header. The gateway counts and logs denials: a scan must not fill the log. */
function isDenied({ reason }: SessionRecord): boolean {
  return reason === 'denied' || reason === 'limit';
}

function fieldsOf(record: SessionRecord): object {
  const { id, service, host, listener, client, target, bytesToTarget, bytesToClient, reason } = record;
  const duration = milliseconds(record.duration);
  const dialTime = record.dialTime === undefined ? undefined : milliseconds(record.dialTime);
  // Mostly one: a line has it only where it was not.
  const tries = record.tries > 1 ? record.tries : undefined;
  // pino leaves out what is undefined.
  return {
    id,
    service,
    host,
    listener,
    client,
    target,
    bytesToTarget,
    bytesToClient,
    duration,
    dialTime,
    tries,
    reason,
  };
}

function errorFields(error: Error | undefined): object {
  return error === undefined ? {} : { error: error.message, code: errnoOf(error) };
}

function messageFor(record: SessionRecord): string {
  // The case that a user of iptables knows as "it just hangs": it has to be findable in the log.
  if (record.reason === 'dial timed out') return `session closed: dial timed out, no answer from ${record.target}`;
  if (record.reason === 'lookup timed out') {
    return `session closed: lookup timed out, no answer from a name server for ${record.target}`;
  }
  return `session closed: ${record.reason}`;
}

/** To the microsecond; monotonic clocks give more digits than are true. */
function milliseconds(time: number): number {
  return Math.round(time * 1000) / 1000;
}
