import type { ChildProcess, StdioOptions } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint } from '../agents/endpoint.ts';
import type { Children } from '../process/children.ts';
import { freeEndpoint } from '../process/free-port.ts';
import { listeningPorts } from '../process/proc.ts';
import type { Command, Forwarder, Program } from './forwarder.ts';
import { LogFile } from './log-file.ts';

/** What a forwarder writes while it is measured; `a line each` is for each connection. */
export type Logs = 'problems' | 'a line each';

/** What a forwarder is started for. */
interface Duty {
  readonly target: Endpoint;
  readonly logs: Logs;
}

/** A forwarder at work. */
export interface Running {
  /** Where its clients connect. */
  readonly at: Endpoint;
  /** Absent when there is no process to charge. */
  readonly pid?: number;
  /** How many lines it has logged; absent when that is not asked for. */
  logLines?(): number;
  stop(): Promise<void>;
}

/** It did not come up: no figure is wrong, there is none. */
export class CannotStart extends Error {}

/** How long a forwarder may take to listen, milliseconds. */
const deadline = 15_000;

/** Starts a forwarder and waits until it listens. Throws CannotStart. */
export async function start(forwarder: Forwarder, { target, logs }: Duty, children: Children): Promise<Running> {
  switch (forwarder.kind) {
    case 'direct':
      return { at: target, stop: async () => {} };
    case 'kernel': {
      const { at, close } = await forwarder.open(target);
      return { at, stop: close };
    }
    case 'program': {
      const mapping = { listen: await freeEndpoint(), target };
      if (logs === 'problems') return startQuiet(forwarder, mapping.listen, forwarder.command(mapping), children);
      const command = forwarder.commandThatLogs?.(mapping);
      if (command === undefined) throw new CannotStart(`Cannot start ${forwarder.name}: it writes no log`);
      return startLogging(forwarder, mapping.listen, command, children);
    }
  }
}

async function startQuiet(forwarder: Program, at: Endpoint, command: Command, children: Children): Promise<Running> {
  const child = spawn(command, ['ignore', 'ignore', 'pipe'], children);
  const pid = await listening(forwarder, at, child, lastWords(child), children);
  return { at, pid, stop: async () => void (await children.stop(child)) };
}

/** Into a file, as a service's log goes: a pipe would need a reader, which would take CPU from the rest. */
async function startLogging(forwarder: Program, at: Endpoint, command: Command, children: Children): Promise<Running> {
  const log = new LogFile();
  try {
    const child = spawn(command, ['ignore', log.descriptor, log.descriptor], children);
    const pid = await listening(forwarder, at, child, () => log.end(), children);
    const stop = async (): Promise<void> => {
      await children.stop(child);
      log.remove();
    };
    return { at, pid, logLines: () => log.lines(), stop };
  } catch (error) {
    log.remove();
    throw error;
  }
}

function spawn([program, ...args]: Command, stdio: StdioOptions, children: Children): ChildProcess {
  return children.spawn(program, args, stdio);
}

/** Resolves with its process id once it listens; ends it and throws when it does not. */
async function listening(
  { name }: Forwarder,
  at: Endpoint,
  child: ChildProcess,
  complaint: () => string,
  children: Children,
): Promise<number> {
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  const end = Date.now() + deadline;
  while (!listeningPorts(at.host).has(at.port)) {
    if (failure !== undefined || child.exitCode !== null || child.signalCode !== null || Date.now() > end) {
      await children.stop(child);
      throw new CannotStart(`Cannot start ${name}: ${failure?.message ?? (complaint() || 'it does not listen')}`);
    }
    await delay(10);
  }
  if (child.pid === undefined) throw new CannotStart(`Cannot start ${name}: it has no process id`);
  return child.pid;
}

/** Reads a process's stderr, so that the process never blocks, and keeps the end of it. */
function lastWords(child: ChildProcess): () => string {
  let output = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-2_000);
  });
  return () => output.trim();
}
