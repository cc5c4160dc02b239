import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from './agents/endpoint.ts';
import type { Children } from './process/children.ts';
import { freeEndpoint } from './process/free-port.ts';
import { listeningPorts } from './process/proc.ts';

/**
 * Something that is measured. To add a peer, add one entry to `forwarders`: a name and the command line that makes it
 * forward `listen` to `target` in the foreground until SIGTERM.
 */
export interface Forwarder {
  readonly name: string;
  /** Absent: the load goes to the target directly. */
  command?(listen: Endpoint, target: Endpoint): readonly [string, ...string[]];
}

/** How long a forwarder may take to listen, milliseconds. */
const startDeadline = 15_000;

/** What is measured by default; the second is the yardstick of the ratios. */
export function forwarders(floatgate: string): readonly Forwarder[] {
  return [
    { name: 'direct' },
    {
      name: 'naive',
      command: (listen, target) => [
        process.execPath,
        fileURLToPath(new URL('./naive.js', import.meta.url)),
        String(listen.port),
        target.host,
        String(target.port),
      ],
    },
    {
      name: 'floatgate',
      command: (listen, target) => [
        process.execPath,
        floatgate,
        'forward',
        `${listen.host}:${listen.port}=${target.host}:${target.port}`,
        '--log-level',
        'warn',
      ],
    },
  ];
}

/**
 * `NAME=COMMAND ...` as given to --variant: words split on spaces, {listen} and {target} replaced by host:port,
 * {listenHost}, {listenPort}, {targetHost} and {targetPort} by their parts.
 */
export function parseVariant(text: string): Forwarder {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(equals, 0)).trim();
  const [program, ...args] = text
    .slice(equals + 1)
    .split(' ')
    .filter((word) => word !== '');
  if (name === '' || program === undefined || !text.includes('{listen') || !text.includes('{target')) {
    throw new Error(`Cannot add the variant '${text}': write NAME=COMMAND with {listen} and {target} in it`);
  }
  return {
    name,
    command(listen, target) {
      const fill = (word: string): string =>
        word
          .replaceAll('{listen}', `${listen.host}:${listen.port}`)
          .replaceAll('{listenHost}', listen.host)
          .replaceAll('{listenPort}', String(listen.port))
          .replaceAll('{target}', `${target.host}:${target.port}`)
          .replaceAll('{targetHost}', target.host)
          .replaceAll('{targetPort}', String(target.port));
      return [fill(program), ...args.map(fill)];
    },
  };
}

/** A forwarder at work. */
export interface Running {
  /** Where its clients connect. */
  readonly at: Endpoint;
  /** Absent when the load goes to the target directly. */
  readonly pid?: number;
  stop(): Promise<void>;
}

/** Starts a forwarder and waits until it listens. */
export async function start(forwarder: Forwarder, target: Endpoint, children: Children): Promise<Running> {
  if (forwarder.command === undefined) return { at: target, stop: async () => {} };
  const at = await freeEndpoint();
  const [program, ...args] = forwarder.command(at, target);
  const child = children.spawn(program, args, ['ignore', 'ignore', 'pipe']);
  const complaint = lastWords(child);
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  const deadline = Date.now() + startDeadline;
  while (!listeningPorts(at.host).has(at.port)) {
    if (failure !== undefined || child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
      await children.stop(child);
      throw new Error(`Cannot start ${forwarder.name}: ${failure?.message ?? (complaint() || 'it does not listen')}`);
    }
    await delay(10);
  }
  if (child.pid === undefined) throw new Error(`Cannot start ${forwarder.name}: it has no process id`);
  return { at, pid: child.pid, stop: async () => void (await children.stop(child)) };
}

/** Reads what a process says on stderr, so that it never blocks, and keeps the end of it. */
function lastWords(child: ChildProcess): () => string {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2_000);
  });
  return () => said.trim();
}
