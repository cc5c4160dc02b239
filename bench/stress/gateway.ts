import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Engine } from '../forwarders/floatgate.ts';
import type { Children } from '../process/children.ts';
import type { Layout } from './layout.ts';

/** How floatgate is run here. */
export interface GatewayOptions {
  /** The built command. */
  readonly main: string;
  /** The hard descriptor limit that it gets. */
  readonly descriptors: number;
  /** As given to --per-listener. */
  readonly perListener?: number;
  /** As given to --engine; left out: `auto`. */
  readonly engine?: Engine;
}

/** Its ready line. */
export interface ReadyGateway {
  readonly pid: number;
  readonly engine: Engine;
  readonly listeners: number;
  readonly sessions: number;
  readonly perListener: number;
  /** Places; 0 with the splice engine. */
  readonly waitingRoom: number;
  readonly explanation: string;
  /** Ends it with SIGTERM; resolves with its exit code. */
  stop(): Promise<number | null>;
}

interface ReadyEvent {
  readonly event: string;
  readonly listeners: number;
  /** Left out by builds that had no other than `stream`. */
  readonly engine?: { readonly name: Engine };
  readonly limits: {
    readonly sessions: number;
    readonly perListener: number;
    readonly waitingRoom: number;
    readonly explanation?: string;
  };
}

/** How long it may take to say that it is ready, milliseconds. */
const deadline = 30_000;

/** Starts the gateway and waits for its ready line. */
export async function startGateway(layout: Layout, options: GatewayOptions, children: Children): Promise<ReadyGateway> {
  const child = spawnGateway(layout, options, children);
  child.stderr?.pipe(process.stderr, { end: false });
  const ready = await readyEvent(child);
  const { pid } = child;
  if (pid === undefined || ready === undefined) {
    await children.stop(child);
    throw new Error('Cannot start floatgate: it ended, or did not say that it was ready within 30 s');
  }
  const { sessions, perListener, waitingRoom, explanation } = ready.limits;
  return {
    pid,
    engine: ready.engine?.name ?? 'stream',
    listeners: ready.listeners,
    sessions,
    perListener,
    waitingRoom,
    explanation: explanation ?? '',
    stop: () => children.stop(child),
  };
}

/**
 * The bare process, with stdout and stderr as pipes. The shell lowers the limit and is then replaced, so
 * that the process id is the gateway's own.
 */
export function spawnGateway(
  { subnet, services }: Layout,
  { main, descriptors, perListener, engine }: GatewayOptions,
  children: Children,
): ChildProcess {
  return children.spawn(
    'sh',
    [
      '-c',
      'ulimit -n "$0" && exec "$@"',
      String(descriptors),
      process.execPath,
      main,
      'up',
      ...['--subnet', subnet, '--bind', '127.0.0.1', '--log-level', 'warn'],
      // All clients come from one address.
      ...['--per-source-sessions', '1000000'],
      ...services.flatMap(({ name, base, port }) => ['--service', `${name}=${base}:${port}`]),
      ...(perListener === undefined ? [] : ['--per-listener', String(perListener)]),
      ...(engine === undefined ? [] : ['--engine', engine]),
    ],
    ['ignore', 'pipe', 'pipe'],
  );
}

/** The ready line, or `undefined` when the process ends or the deadline passes first. Goes on reading stdout. */
function readyEvent(child: ChildProcess): Promise<ReadyEvent | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), deadline);
    const settle = (ready: ReadyEvent | undefined): void => {
      clearTimeout(timer);
      resolve(ready);
    };
    child.once('exit', () => settle(undefined));
    child.once('error', () => settle(undefined));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = parsed(line);
      if (event?.event === 'ready') settle(event);
    });
  });
}

function parsed(line: string): ReadyEvent | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
