import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, readdirSync, readFileSync, readSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FloatgateError } from '../../src/base/errors.ts';
import { createLog } from '../../src/observe/log.ts';
import { jsonLines, logged, temporaryFolder } from './log-fixture.ts';

it('breaks lines at words where the terminal ends', () => {
  const text = logged({ style: 'terminal', columns: () => 40 }, ({ logger }) => {
    logger.warn({ sessions: { refused: 3, idle: 12 } }, 'one two three four five six seven');
  });
  expect(text.replace(/^\d\d:\d\d:\d\d/, '12:03:04')).toBe(
    [
      '12:03:04 warn: one two three four five',
      '         six seven  sessions=(refused 3,',
      '         idle 12)',
      '',
    ].join('\n'),
  );
});

it('does not repeat fields that the message names', () => {
  const text = logged({ style: 'text' }, ({ logger }) => {
    const fields = { listener: '127.0.0.1:80', listeners: 2, target: 'db:5432', code: 'EACCES' };
    logger.error(fields, 'Cannot listen on 2 ports (127.0.0.1:80): target db:5432: no');
  });
  expect(text.slice(20)).toBe('error: Cannot listen on 2 ports (127.0.0.1:80): target db:5432: no  code=EACCES\n');
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
  const shown = logged({ style: 'terminal', colours: 'colours', columns: () => 200 }, ({ logger }) =>
    logger.warn({ [hostile]: hostile }, hostile),
  );
  expect(shown.replace('\u001b[33mwarn:\u001b[39m', '')).toMatch(/^[ -~]*\n$/);
});

it('has colours only where they are set', () => {
  const write = ({ logger }: ReturnType<typeof createLog>) => logger.error('no');
  expect(logged({ style: 'terminal' }, write)).not.toContain('\u001b');
  expect(logged({ style: 'terminal', colours: 'colours' }, write)).toContain('\u001b[31merror:');
});

it('writes to a file, and reports what is wrong with a file that it cannot open', () => {
  const own = join(temporaryFolder(), 'own.log');
  const log = createLog({ level: 'info', file: own, style: 'json' });
  log.logger.info('hello');
  log.flush();
  expect(jsonLines(readFileSync(own, 'utf8'))).toMatchObject([{ level: 'info', msg: 'hello' }]);
  const open = () => createLog({ level: 'info', file: join(own, 'no/such'), style: 'json' });
  expect(open).toThrow(FloatgateError);
  expect(open).toThrow(/^Cannot open the log file .*no\/such: ENOTDIR/);
});

describe('a log file that is opened again', () => {
  const numbers = (text: string) => [...text.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n));
  const descriptors = () => readdirSync('/proc/self/fd').length;

  it('has every line, whole and once, in the old file or the new one, and leaves no descriptor', () => {
    const file = join(temporaryFolder(), 'log');
    const log = createLog({ level: 'info', style: 'json', file });
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

  it('stays the old one, with a line about the cause, where it cannot be opened', () => {
    const file = join(temporaryFolder(), 'log');
    const log = createLog({ level: 'info', style: 'json', file });
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

  it('gets the lines that wait in the pipe that it was before', () => {
    const file = join(temporaryFolder(), 'log');
    spawnSync('mkfifo', [file]);
    const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const before = descriptors();
    const log = createLog({ level: 'info', style: 'json', file });
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

  it('is not reopened where the log is no file', () => {
    expect(logged({}, (log) => log.reopen())).toBe('');
  });
});
