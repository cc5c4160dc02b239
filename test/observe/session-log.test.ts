import { describe, expect, it } from 'vitest';
import type { LogOptions } from '../../src/observe/log.ts';
import { sessionLog } from '../../src/observe/session-log.ts';
import type { SessionRecord } from '../../src/session/session-events.ts';
import { jsonLines, logged } from './log-fixture.ts';
import { sessionRecord as record } from './session-record.ts';

it('writes a session with its stable fields, one JSON object a line, without pid and host name', () => {
  const { reason: _, duration: __, dialTime: ___, tries: ____, error: _____, ...snapshot } = record;
  const text = logged({}, ({ sessions }) => {
    const observer = sessionLog(sessions);
    expect(observer.wants).toBe('opened and closed');
    observer.opened({ ...snapshot, state: 'dialing', heldToClient: 0, heldToTarget: 0 });
    observer.closed(record);
  });
  const time = expect.stringMatching(/^\d{4}-.*Z$/);
  const { id, service, host, listener, client, target } = record;
  const common = { time, id, service, host, listener, client, target };
  expect(jsonLines(text)).toEqual([
    { level: 'debug', ...common, msg: 'session opened' },
    {
      level: 'info',
      ...common,
      bytesToTarget: 3_100,
      bytesToClient: 12,
      duration: 2_000.123,
      dialTime: 1.5,
      reason: 'client closed',
      msg: 'session closed: client closed',
    },
  ]);
});

it('has a message of its own for a silent target, and the error of a refusal', () => {
  const undialled = { ...record, dialTime: undefined };
  const refusal = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const text = logged({ level: 'info' }, ({ sessions }) => {
    const observer = sessionLog(sessions);
    expect(observer.wants).toBe('closed');
    observer.closed({ ...undialled, reason: 'dial timed out' });
    observer.closed({ ...undialled, reason: 'refused', error: refusal });
  });
  expect(jsonLines(text)).toMatchObject([
    { reason: 'dial timed out', msg: 'session closed: dial timed out, no answer from 192.168.20.16:22' },
    { reason: 'refused', error: 'connect ECONNREFUSED', code: 'ECONNREFUSED' },
  ]);
  expect(text).not.toContain('dialTime');
});

it('logs clients denied behind a PROXY header at debug, and the number of tries where there were several', () => {
  const text = logged({ level: 'info' }, ({ sessions }) => {
    const observer = sessionLog(sessions);
    observer.closed({ ...record, reason: 'denied' });
    observer.closed({ ...record, reason: 'limit' });
    observer.closed({ ...record, tries: 2 });
  });
  expect(jsonLines(text)).toMatchObject([{ reason: 'client closed', tries: 2 }]);
});

it('logs a bug of ours as an error with its stack', () => {
  const text = logged({ level: 'error' }, ({ sessions }) => {
    sessionLog(sessions).closed(record);
    sessionLog(sessions).closed({ ...record, reason: 'internal', error: new Error('boom') });
  });
  expect(jsonLines(text)).toMatchObject([
    { level: 'error', reason: 'internal', err: { message: 'boom', stack: expect.stringContaining('log.test') } },
  ]);
});

const refused: SessionRecord = { ...record, reason: 'refused', bytesToTarget: 0, bytesToClient: 0 };

it('shows sessions that fail, and bugs of ours, on a terminal', () => {
  const text = logged({ style: 'terminal', level: 'info' }, (log) => {
    log.logger.info({ listeners: 762, denied: [] }, 'gateway ready');
    const observer = sessionLog(log.sessions);
    expect(observer.wants).toBe('closed');
    observer.closed(record);
    for (let session = 0; session < 38; session += 1) observer.closed(refused);
    observer.closed({ ...record, reason: 'internal', error: new Error('boom') });
    observer.close();
  });
  expect(text).toMatch(/^\d\d:\d\d:\d\d gateway ready {2}listeners=762\n/);
  expect(text).not.toContain('client closed');
  expect(text).toContain(' failed: refused  203.0.113.9:50122 -> :30016 -> 192.168.20.16:22\n');
  expect(text).toContain(' failed: ... 37 more in 1 s: refused, target 192.168.20.16:22\n');
  expect(text).toContain('Error: boom\n    at ');
});

it('shows every session on a verbose terminal, its opening, too, and marks those that fail', () => {
  const { reason: _, duration: __, dialTime: ___, tries: ____, error: _____, ...snapshot } = record;
  const verbose: Partial<LogOptions> = { style: 'terminal', level: 'info', verbosity: 'verbose', columns: () => 160 };
  const text = logged(verbose, (log) => {
    const observer = sessionLog(log.sessions);
    observer.opened({ ...snapshot, state: 'dialing', heldToClient: 0, heldToTarget: 0 });
    observer.closed(record);
    const error = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    observer.closed({ ...refused, error });
    log.logger.debug('nothing else of this level');
  });
  const path = 'ssh host 16  203.0.113.9:50122 -> 192.168.20.16:22';
  expect(text.replaceAll(/^\d\d:\d\d:\d\d /gm, '')).toBe(
    [
      `debug: session opened  ${path}`,
      `session closed: client closed  ${path}  3.1 kB to target, 12 B to client, 2.0 s`,
      `failed: session closed: refused  ${path}  0 B to target, 0 B to client, 2.0 s  connect ECONNREFUSED`,
      '',
    ].join('\n'),
  );
});

it('has the date and every session in text elsewhere, and breaks no line', () => {
  const text = logged({ style: 'text', level: 'info' }, (log) => sessionLog(log.sessions).closed(record));
  expect(text).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d session closed: client closed {2}ssh host 16 .* 2\.0 s\n$/);
});

describe('sessions without a byte, where they are counted', () => {
  const probe: SessionRecord = { ...record, bytesToTarget: 0, bytesToClient: 0 };
  const counted = (level: LogOptions['level'], records: readonly SessionRecord[]) =>
    jsonLines(
      logged({ level, byteless: 'counted' }, (log) => {
        const observer = sessionLog(log.sessions);
        for (const one of records) observer.closed(one);
        observer.close();
      }),
    );

  it('have no line of their own, but one with their number', () => {
    const msg = 'sessions have ended without a byte either way; debug lines have each of them';
    expect(counted('info', [probe, { ...probe, reason: 'client reset' }, probe])).toMatchObject([
      { level: 'info', sessions: 1, msg },
      { level: 'info', sessions: 2, msg },
    ]);
  });

  it('have lines at debug', () => {
    expect(counted('debug', [probe])).toMatchObject([{ sessions: 1 }, { level: 'debug', reason: 'client closed' }]);
  });

  it('are not those with a byte, nor those that fail', () => {
    const others = [record, { ...probe, bytesToClient: 1 }, { ...probe, reason: 'refused' as const }];
    expect(counted('info', others)).toMatchObject([
      { level: 'info', bytesToClient: 12 },
      { level: 'info', bytesToClient: 1 },
      { level: 'info', reason: 'refused' },
    ]);
  });
});
