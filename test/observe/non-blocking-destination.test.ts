import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errnoOf } from '../../src/base/errors.ts';
import { isRoot, runsUnprivileged } from '../helpers/nobody.ts';
import { until, within } from '../helpers/until.ts';
import { type Compiled, compileFile } from './compile.ts';

/**
 * Writes lines in bursts over many turns of the loop. Then reports on descriptor 3 how many were dropped and how long
 * the loop has stalled at most. Stays alive, and at SIGUSR2 writes one more line and reports again.
 */
const program = `
import { writeSync } from 'node:fs';
import { NonBlockingDestination } from './dist/observe/non-blocking-destination.js';
const [lines, fd] = process.argv.slice(2).map(Number);
const destination = new NonBlockingDestination(fd, { droppedLine: (count) => 'dropped ' + count + '\\n' });
let next = 0, stall = 0, last = performance.now();
const report = () => writeSync(3, JSON.stringify({ dropped: destination.dropped, stall, lines: next }) + '\\n');
const burst = () => {
  stall = Math.max(stall, performance.now() - last);
  last = performance.now();
  for (let i = 0; i < 50 && next < lines; i += 1, next += 1) {
    destination.write('line ' + next + ' ' + 'x'.repeat(next % 300) + '.\\n');
  }
  if (next < lines) setTimeout(burst, 1);
  else setTimeout(report, 50);
};
burst();
const alive = setInterval(() => {}, 1000);
process.on('SIGUSR2', () => { destination.write('one more.\\n'); setTimeout(report, 50); });
process.on('SIGTERM', () => { destination.flush(); process.exit(0); });
`;

interface Report {
  readonly dropped: number;
  readonly stall: number;
  readonly lines: number;
}

/** Far more than the 256 KiB that are kept and the 64 KiB that a pipe holds. */
const plenty = 5_000;
/** Milliseconds. A blocked write stalls the loop for ever, a busy machine for less than this. */
const noStall = 20_000;

let compiled: Compiled;
let folder: string;
const opened: number[] = [];
const children: ChildProcess[] = [];

beforeAll(() => {
  compiled = compileFile('observe/non-blocking-destination.ts');
  writeFileSync(join(compiled.folder, '..', 'program.js'), program);
  folder = mkdtempSync(join(tmpdir(), 'floatgate-destination-'));
});

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  for (const fd of opened) closeSync(fd);
  compiled.remove();
  rmSync(folder, { recursive: true });
});

interface Writer {
  readonly child: ChildProcess;
  report(): Promise<Report>;
  /** SIGTERM; resolves with the exit code. */
  end(): Promise<number | null>;
}

function startWriter(
  stdout: number | 'pipe',
  options: { lines: number; fd?: 1 | 2; user?: 'nobody' | 'same'; largestFile?: number },
): Writer {
  const command = [
    process.execPath,
    join(compiled.folder, '..', 'program.js'),
    `${options.lines}`,
    `${options.fd ?? 1}`,
  ];
  const drop = options.user === 'nobody' ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'] : [];
  const { largestFile } = options;
  const limit = largestFile === undefined ? [] : ['prlimit', `--fsize=${largestFile}`, '--'];
  const [first = '', ...rest] = [...drop, ...limit, ...command];
  const child = spawn(first, rest, { cwd: '/', stdio: ['ignore', stdout, stdout, 'pipe'] });
  children.push(child);
  let text = '';
  child.stdio[3]?.on('data', (part: Buffer) => {
    text += part;
  });
  let seen = 0;
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
  return {
    child,
    async report() {
      const line = await until('a report of the writer', () => text.split('\n').slice(0, -1)[seen]);
      seen += 1;
      return JSON.parse(line) as Report;
    },
    async end() {
      child.kill('SIGTERM');
      return await within('the end of the writer', exit, 5_000);
    },
  };
}

/** A pipe whose two ends are ours: nobody reads it unless the test does. */
function makePipe(): { readonly fd: number; read(): string; close(): void } {
  const path = join(folder, `pipe-${opened.length}`);
  spawnSync('mkfifo', ['-m', '600', path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const fd = openSync(path, constants.O_WRONLY);
  opened.push(reader, fd);
  const buffer = Buffer.alloc(65_536);
  return {
    fd,
    read() {
      try {
        return buffer.toString('utf8', 0, readSync(reader, buffer));
      } catch (error) {
        if (errnoOf(error) === 'EAGAIN') return '';
        throw error;
      }
    },
    close() {
      opened.splice(opened.indexOf(reader), 1);
      closeSync(reader);
    },
  };
}

const users = isRoot && runsUnprivileged ? (['same', 'nobody'] as const) : (['same'] as const);

describe.each(users)('a writer run by %s user', (user) => {
  it.each([1, 2] as const)(
    'neither blocks nor hangs at exit when nobody reads the pipe on descriptor %i',
    async (fd) => {
      const writer = startWriter(makePipe().fd, { lines: plenty, fd, user });
      const report = await writer.report();
      expect(report.lines).toBe(plenty);
      expect(report.dropped).toBeGreaterThan(1_000);
      expect(report.stall).toBeLessThan(noStall);
      expect(await writer.end()).toBe(0);
    },
  );

  it('neither blocks nor hangs at exit when nobody reads the socket that it writes to', async () => {
    // Node makes its 'pipe' of a pair of sockets; a stream that is never read stands for a stuck journald.
    const writer = startWriter('pipe', { lines: plenty, user });
    writer.child.stdout?.pause();
    writer.child.stderr?.pause();
    const report = await writer.report();
    expect(report.dropped).toBeGreaterThan(0);
    expect(report.stall).toBeLessThan(noStall);
    expect(await writer.end()).toBe(0);
  });

  it('loses whole lines alone, and writes how many, once the pipe is read again', async () => {
    const pipe = makePipe();
    const writer = startWriter(pipe.fd, { lines: plenty, user });
    const { dropped } = await writer.report();
    expect(dropped).toBeGreaterThan(0);
    let text = '';
    await until('the line about dropped lines', () => {
      text += pipe.read();
      return text.includes('dropped ') && text.endsWith('\n');
    });
    const lines = text.split('\n').slice(0, -1);
    expect(lines.filter((line) => line.startsWith('dropped'))).toEqual([`dropped ${dropped}`]);
    const numbers = lines.flatMap((line) => /^line (\d+) x*\.$/.exec(line)?.[1] ?? []).map(Number);
    expect(numbers).toHaveLength(lines.length - 1);
    expect(numbers).toHaveLength(plenty - dropped);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    // And it goes on as if nothing had been.
    writer.child.kill('SIGUSR2');
    await until('the next line', () => pipe.read() === 'one more.\n');
    expect(await writer.end()).toBe(0);
  });

  it('drops and counts lines, and goes on, when the reader has closed the pipe', async () => {
    const pipe = makePipe();
    pipe.close();
    const writer = startWriter(pipe.fd, { lines: 100, user });
    expect(await writer.report()).toMatchObject({ dropped: 100 });
    writer.child.kill('SIGUSR2');
    expect(await writer.report()).toMatchObject({ dropped: 101 });
    expect(await writer.end()).toBe(0);
  });

  it('drops and counts on a full disk', async () => {
    const full = openSync('/dev/full', 'w');
    opened.push(full);
    const writer = startWriter(full, { lines: 200, user });
    expect(await writer.report()).toMatchObject({ dropped: 200 });
    expect(await writer.end()).toBe(0);
  });

  it('counts neither twice nor not at all where a disk gets full in the middle of a burst', async () => {
    const path = join(folder, `torn-${user}`);
    const file = openSync(path, 'a');
    opened.push(file);
    // Its last write is a part of one: whole lines of it are there.
    const writer = startWriter(file, { lines: 1_000, user, largestFile: 65_536 });
    const { dropped } = await writer.report();
    const there = readFileSync(path, 'utf8').match(/^line \d+ x*\.$/gm) ?? [];
    expect(there.length).toBeGreaterThan(0);
    expect(there.length + dropped).toBe(1_000);
    expect(await writer.end()).toBe(0);
  });

  it('writes every line to a file, in order', async () => {
    const path = join(folder, `file-${user}`);
    const file = openSync(path, 'a');
    opened.push(file);
    const writer = startWriter(file, { lines: plenty, user });
    expect(await writer.report()).toMatchObject({ dropped: 0 });
    expect(await writer.end()).toBe(0);
    const numbers = readFileSync(path, 'utf8').match(/^line \d+/gm) ?? [];
    expect(numbers).toEqual(Array.from({ length: plenty }, (_, n) => `line ${n}`));
  });
});
