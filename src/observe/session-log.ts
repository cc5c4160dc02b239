import type pino from 'pino';
import { errnoOf } from '../base/errors.ts';
import type { SessionObserver, SessionRecord } from '../session/session-events.ts';

/**
 * Writes sessions to the log: opened at `debug`, closed at `info` (denied at `debug`), closed by a bug of
 * ours at `error` with the stack.
 * Fields are stable: id, service, host, listener, client, target, and on close bytesToTarget, bytesToClient,
 * duration and dialTime (milliseconds), tries (targets dialed, where several), reason, error, code.
 */
export function sessionLog(logger: pino.Logger): SessionObserver {
  return {
    wants: logger.isLevelEnabled('debug') ? 'opened and closed' : logger.isLevelEnabled('info') ? 'closed' : 'bugs',
    opened(session) {
      const { id, service, host, listener, client, target } = session;
      logger.debug({ id, service, host, listener, client, target }, 'session opened');
    },
    closed(record) {
      if (record.reason === 'internal') logger.error({ ...fieldsOf(record), err: record.error }, messageFor(record));
      else logger[levelOf(record)]({ ...fieldsOf(record), ...errorFields(record.error) }, messageFor(record));
    },
  };
}

/** Of those who were denied, by what a PROXY header said of them, other lines tell: a scan must not fill the log. */
function levelOf({ reason }: SessionRecord): 'debug' | 'info' {
  return reason === 'denied' || reason === 'limit' ? 'debug' : 'info';
}

function fieldsOf(record: SessionRecord): object {
  const { id, service, host, listener, client, target, bytesToTarget, bytesToClient, reason } = record;
  const duration = milliseconds(record.duration);
  const dialTime = record.dialTime === undefined ? undefined : milliseconds(record.dialTime);
  // Mostly one: a line says so only where it was not.
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
