import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FloatgateError } from '../../src/base/errors.ts';
import { createLog, type LogOptions } from '../../src/observe/log.ts';
import { sessionLog } from '../../src/observe/session-log.ts';
import type { SessionRecord } from '../../src/session/session-events.ts';

let folder: string;
let file: string;
let fd: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'floatgate-log-'));
  file = join(folder, 'log');
  fd = openSync(file, 'a');
});

afterEach(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

const record: SessionRecord = {
  id: 7,
  service: 'ssh',
  host: 16,
  listener: '[::]:30016',
  client: '203.0.113.9:50122',
  target: '192.168.20.16:22',
  bytesToTarget: 3_100,
  bytesToClient: 12,
  started: 1_700_000_000_000,
  reason: 'client closed',
  duration: 2_000.123456,
  dialTime: 1.5,
  tries: 1,
  error: undefined,
};

function logged(options: Partial<LogOptions>, write: (log: ReturnType<typeof createLog>) => void): string {
  const log = createLog({ level: 'debug', fd, style: 'json', verbosity: 'quiet', ...options });
  write(log);
  log.flush();
  return readFileSync(file, 'utf8');
}

const jsonLines = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

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

it('says so when a target stays silent, and tells the error of a refusal', () => {
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

it('keeps who was denied behind a PROXY header to debug, and tells of tries where there were several', () => {
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

it('is readable on a terminal, session lines only where they are asked for', () => {
  const write = (log: ReturnType<typeof createLog>) => {
    log.logger.info({ listeners: 762 }, 'gateway ready');
    sessionLog(log.sessions).closed(record);
    sessionLog(log.sessions).closed({ ...record, reason: 'internal', error: new Error('boom') });
  };
  const quiet = logged({ style: 'terminal' }, write);
  expect(quiet).toMatch(/^\d\d:\d\d:\d\d gateway ready {2}listeners=762\n/);
  expect(quiet).not.toContain('client closed');
  expect(quiet).toContain('Error: boom\n    at ');
  const verbose = logged({ style: 'terminal', verbosity: 'verbose' }, write);
  expect(verbose).toContain(
    'session closed: client closed  ssh host 16  203.0.113.9:50122 -> 192.168.20.16:22  3.1 kB out, 12 B in, 2.0 s\n',
  );
});

it('lets no control character through to a terminal', () => {
  const text = logged({ style: 'terminal' }, ({ logger }) => logger.warn({ name: '\u001b[2J\u009b1m' }, 'a\u0007b\nc'));
  expect(text.slice(0, -1)).not.toMatch(/\p{Cc}/u);
  expect(text).toContain('warn:');
});

it('escapes in JSON, too, what a terminal would obey, and changes no meaning', () => {
  const hostile = 'nc\u001b]0;x\u0007\u009b2J\u202e\u2028\n\u007f';
  const text = logged({}, ({ logger }) => logger.warn({ [hostile]: hostile }, hostile));
  expect(text.slice(0, -1)).toMatch(/^[ -~]*$/);
  expect(jsonLines(text)).toMatchObject([{ [hostile]: hostile, msg: hostile }]);
  const shown = logged({ style: 'terminal', colours: 'colours' }, ({ logger }) =>
    logger.warn({ [hostile]: hostile }, hostile),
  ).slice(text.length);
  expect(shown.replace('\u001b[33mwarn:\u001b[39m', '')).toMatch(/^[ -~]*\n$/);
});

it('colours only when told to', () => {
  const write = ({ logger }: ReturnType<typeof createLog>) => logger.error('no');
  expect(logged({ style: 'terminal' }, write)).not.toContain('\u001b');
  expect(logged({ style: 'terminal', colours: 'colours' }, write)).toContain('\u001b[31merror:');
});

it('writes to a file as JSON, and says what is wrong with a file that it cannot open', () => {
  const own = join(folder, 'own.log');
  const log = createLog({ level: 'info', file: own, style: 'terminal', verbosity: 'quiet' });
  log.logger.info('hello');
  log.flush();
  expect(jsonLines(readFileSync(own, 'utf8'))).toMatchObject([{ level: 'info', msg: 'hello' }]);
  const open = () => createLog({ level: 'info', file: join(folder, 'no/such'), style: 'json', verbosity: 'quiet' });
  expect(open).toThrow(FloatgateError);
  expect(open).toThrow(/^Cannot open the log file .*no\/such: ENOENT/);
});

describe('a log file that is opened again', () => {
  const numbers = (text: string) => [...text.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n));
  const descriptors = () => readdirSync('/proc/self/fd').length;

  it('has every line, whole and once, in the old file or the new one, and leaves no descriptor', () => {
    const log = createLog({ level: 'info', style: 'json', verbosity: 'quiet', file });
    const before = descriptors();
    for (let turn = 0; turn < 20; turn += 1) {
      for (let n = 0; n < 50; n += 1) log.logger.info({ n: turn * 50 + n }, 'x'.repeat(n));
      // Some turns end with lines that still wait.
      if (turn % 3 === 0) log.flush();
      renameSync(file, `${file}.${turn}`);
      log.reopen();
    }
    log.flush();
    expect(descriptors()).toBe(before);
    const files = [...Array.from({ length: 20 }, (_, turn) => `${file}.${turn}`), file];
    const text = files.map((name) => readFileSync(name, 'utf8')).join('');
    expect(numbers(text)).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
    expect(jsonLines(text).length).toBe(1_020);
    expect(log.dropped).toBe(0);
  });

  it('stays the old one, with a line that says why, where it cannot be opened', () => {
    const log = createLog({ level: 'info', style: 'json', verbosity: 'quiet', file });
    log.logger.info('before');
    renameSync(file, `${file}.1`);
    mkdirSync(file);
    log.reopen();
    log.logger.info('after');
    log.flush();
    expect(jsonLines(readFileSync(`${file}.1`, 'utf8'))).toMatchObject([
      { msg: 'before' },
      { level: 'error', msg: 'the log goes on in the file that is open', error: expect.stringMatching(/^Cannot open/) },
      { msg: 'after' },
    ]);
  });

  it('gets the lines that nobody read at the pipe it was before', () => {
    rmSync(file);
    spawnSync('mkfifo', [file]);
    const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const before = descriptors();
    const log = createLog({ level: 'info', style: 'json', verbosity: 'quiet', file });
    // More than a pipe takes, less than is kept.
    for (let n = 0; n < 1_000; n += 1) log.logger.info({ n }, 'x'.repeat(100));
    log.flush();
    const first = Buffer.alloc(1_048_576);
    renameSync(file, `${file}.pipe`);
    log.reopen();
    log.flush();
    let text = '';
    for (let taken = 1; taken > 0; text += first.toString('utf8', 0, taken)) taken = readSync(reader, first);
    closeSync(reader);
    expect(descriptors()).toBe(before);
    text += readFileSync(file, 'utf8');
    expect(numbers(text)).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
    expect(jsonLines(text).length).toBe(1_001);
  });

  it('is nothing to do where the log is no file', () => {
    expect(logged({}, (log) => log.reopen())).toBe('');
  });
});
