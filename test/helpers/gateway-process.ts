import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readlink } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { expect } from 'vitest';
import { asNobody } from './nobody.ts';
import { until, within } from './until.ts';

/** A line of JSON, from the summary on stdout or from the log on stderr. */
export type Line = Readonly<Record<string, unknown>>;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The built command at work, started as nobody. */
export interface GatewayProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  /** JSON lines that it has printed on stdout. */
  readonly summary: readonly Line[];
  /** JSON lines that it has logged on stderr. */
  readonly logs: readonly Line[];
  /** Lines on stderr that are no JSON: warnings of Node, stack traces. There should be none. */
  readonly stray: readonly string[];
  readonly exit: Promise<Exit>;
  /** The first log line that has all these fields (a pattern: that matches it); waits for it. */
  logged(fields: Line): Promise<Line>;
  /** Resolves with the summary's line once the gateway is ready. */
  ready(): Promise<Line>;
  /** Open descriptors, as /proc shows them. */
  descriptors(): Promise<number>;
}

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Puts the command into a namespace, under a limit ...; gets the argument vector that gives up root already. */
  readonly wrap?: (command: readonly string[]) => readonly string[];
}

/** Starts a command that prints and logs as floatgate does. The caller ends it: see `endProcess`. */
export function startProcess(command: readonly string[], options: StartOptions = {}): GatewayProcess {
  const unprivileged: readonly string[] = asNobody(command);
  const [first, ...rest] = options.wrap?.(unprivileged) ?? unprivileged;
  if (first === undefined) throw new Error('Cannot start an empty command');
  const child = spawn(first, rest, {
    // The working folder of the tests may be closed to nobody.
    cwd: options.cwd ?? '/',
    env: { ...cleanEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const summary: Line[] = [];
  const logs: Line[] = [];
  const stray: string[] = [];
  collect(child.stdout, summary, []);
  collect(child.stderr, logs, stray);
  const exit = new Promise<Exit>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  const running = () => child.exitCode === null && child.signalCode === null;
  const find = (lines: readonly Line[], fields: Line) => lines.find((line) => matches(line, fields));
  const waitFor = (what: string, lines: readonly Line[], fields: Line) =>
    until(what, () => {
      const line = find(lines, fields);
      if (line === undefined && !running()) {
        throw new Error(
          `Cannot see ${what}: the process ended with ${child.exitCode ?? child.signalCode}: ${output()}`,
        );
      }
      return line;
    });
  const output = () =>
    [...summary.map((line) => JSON.stringify(line)), ...logs.map((line) => JSON.stringify(line)), ...stray].join('\n');
  const pid = child.pid ?? -1;
  return {
    pid,
    child,
    summary,
    logs,
    stray,
    exit,
    logged: (fields) => waitFor(`a log line with ${JSON.stringify(fields)}`, logs, fields),
    ready: () => waitFor('the gateway ready', summary, { event: 'ready' }),
    descriptors: async () => (await openDescriptors(pid)).length,
  };
}

/** Sends a signal, unless it has ended, and waits for the end. */
export async function endProcess(process: GatewayProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
  process.child.kill(signal);
  return await within(`the end of process ${process.pid} after ${signal}`, process.exit);
}

/**
 * Runs `body` with a started gateway that is ready. Afterwards, unless the body has ended it: every descriptor that
 * sessions took is given back, nothing but JSON was written, and SIGTERM ends it with 0.
 */
export async function withGateway(
  command: readonly string[],
  options: StartOptions,
  body: (gateway: GatewayProcess, ready: Line) => Promise<void>,
): Promise<void> {
  const gateway = startProcess(command, options);
  try {
    const ready = await gateway.ready();
    const before = await openDescriptors(gateway.pid);
    await body(gateway, ready);
    if (gateway.child.exitCode === null && gateway.child.signalCode === null) {
      await expectDescriptors(gateway, before, pooledPipes(ready));
      expect(await endProcess(gateway)).toEqual({ code: 0, signal: null });
    }
    expect(gateway.stray).toEqual([]);
  } finally {
    gateway.child.kill('SIGKILL');
    await gateway.exit;
  }
}

/** Descriptors of the pipes that the splice engine may keep for the next bulk transfer; the stream engine has none. */
function pooledPipes(ready: Line): number {
  const { pipes } = ready.limits as { readonly pipes: number };
  return 2 * pipes;
}

async function expectDescriptors(gateway: GatewayProcess, before: readonly string[], pooled: number): Promise<void> {
  const isPipe = (link: string) => link.startsWith('pipe:');
  const pipesBefore = before.filter(isPipe).length;
  const noMore = (links: readonly string[]) => {
    const pipes = links.filter(isPipe).length;
    return pipes - pipesBefore <= pooled && links.length - pipes <= before.length - pipesBefore;
  };
  const given = async () => noMore(await openDescriptors(gateway.pid));
  await until('every descriptor given back', given).catch(async () => {
    // The comparison fails and shows both lists.
    expect(await openDescriptors(gateway.pid)).toEqual(before);
  });
}

/** What each descriptor of a process leads to, sorted. */
async function openDescriptors(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const numbers = await readdir(folder);
  const links = await Promise.all(numbers.map((number) => readlink(`${folder}/${number}`).catch(() => 'closed')));
  return links.sort();
}

function collect(stream: Readable, lines: Line[], stray: string[]): void {
  createInterface({ input: stream }).on('line', (text) => {
    const line = parseLine(text);
    if (line === undefined) stray.push(text);
    else lines.push(line);
  });
}

function parseLine(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}

function matches(line: Line, fields: Line): boolean {
  return Object.entries(fields).every(([name, value]) =>
    value instanceof RegExp ? value.test(String(line[name])) : line[name] === value,
  );
}

/**
 * Our environment without what would change the gateway's: its own variables, what vitest sets, and certificates that
 * Node 24 reads in the background, with a descriptor that comes and goes.
 */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign = (name: string) =>
    /^(FLOATGATE_|VITEST|NODE_OPTIONS$|NODE_ENV$|NODE_EXTRA_CA_CERTS$|npm_)/i.test(name);
  const own = Object.entries(process.env).filter(([name]) => !foreign(name));
  // A test of the control socket names a folder for it; others leave none behind.
  return { ...Object.fromEntries(own), FLOATGATE_CONTROL: 'off' };
}
