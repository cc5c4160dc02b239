import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Engine } from '../../bench/forwarders/floatgate.ts';
import type { Children } from '../../bench/process/children.ts';
import { cpuTime, hardDescriptorLimit, openDescriptors, totalOf } from '../../bench/process/proc.ts';
import { asNobody } from '../helpers/nobody.ts';
import { until } from '../helpers/until.ts';
import { GatewayLog, type LogLine } from './gateway-log.ts';

/** Descriptors that a gateway gets unless a fault is about them: what README reckons with. */
const usualDescriptors = 20_000;
/** Milliseconds for it to say that it is ready, on a busy machine. */
const startDeadline = 90_000;

/** How a gateway is run for a fault. */
export interface GatewayOptions {
  /** Command, flags and arguments after `floatgate`. */
  readonly args: readonly string[];
  /** The hard descriptor limit that it gets. */
  readonly descriptors?: number;
  /** Put before the command while it is still root: `ip netns exec NAME`, a mount namespace. */
  readonly inside?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where stderr goes instead of a log that is read here. */
  readonly stderr?: number;
  /** The log, where it is read before the gateway is ready. */
  readonly log?: GatewayLog;
}

interface ReadyEvent {
  readonly event: string;
  readonly listeners: number;
  readonly subnet?: string;
  readonly notes: readonly string[];
  readonly engine: { readonly name: Engine };
  readonly limits: {
    readonly sessions: number;
    readonly perListener: number;
    readonly pipes: number;
    /** Bytes; missing in a build before `limits.memory`. */
    readonly memory?: number;
    readonly explanation?: string;
  };
}

/** The built command at work, as nobody where we are root. */
export interface FaultGateway {
  readonly pid: number;
  readonly ready: ReadyEvent;
  readonly log: GatewayLog;
  readonly ended: boolean;
  /** The first line that `is` is true of; waits for it. */
  logged(what: string, is: (line: LogLine) => boolean): Promise<LogLine>;
  /** Waits until the log has recorded as many ends of sessions for each of these reasons. */
  recorded(reasons: Readonly<Record<string, number>>): Promise<void>;
  /** Descriptors that are open now. */
  descriptors(): number;
  /** Waits until as many are open as when it was ready, pipes that it may keep counted. */
  empty(): Promise<void>;
  /** Waits until no session is left but that of one neighbour. */
  settled(): Promise<void>;
  /** Share of one core that it uses during so many milliseconds. */
  busy(duration: number): Promise<number>;
  /** SIGTERM; its exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** Starts it and waits until it is ready. */
export async function startGateway(
  main: string,
  engine: Engine,
  options: GatewayOptions,
  children: Children,
): Promise<FaultGateway> {
  const log = options.log ?? new GatewayLog();
  const descriptors = Math.min(options.descriptors ?? usualDescriptors, hardDescriptorLimit());
  // Descriptors are counted from when it is ready, and the control socket is opened after that.
  const env = Object.entries({ FLOATGATE_CONTROL: 'off', ...options.env }).map(([name, value]) => `${name}=${value}`);
  const [command, ...args] = options.args;
  const unprivileged = asNobody([
    // Giving up root takes away what the kernel does when the parent dies. SIGKILL ends a stopped process, too.
    ...['setpriv', '--pdeathsig', 'KILL', '--', 'env', ...env, process.execPath, main],
    ...[command ?? 'up', ...args, '--engine', engine],
  ]);
  const [first, ...rest] = [...(options.inside ?? []), 'sh', '-c', 'cd / && ulimit -n "$0" && exec "$@"'];
  const child = children.spawn(
    first ?? 'sh',
    [...rest, String(descriptors), ...unprivileged],
    ['ignore', 'pipe', options.stderr ?? log.descriptor],
  );
  children.afterwards(async () => log.remove());
  const ready = await readyEvent(child, log);
  if (ready.engine.name !== engine) throw new Error(`Cannot go on: it serves with ${ready.engine.name}, not ${engine}`);
  return new RunningGateway(child, ready, log, children);
}

class RunningGateway implements FaultGateway {
  readonly pid: number;
  readonly ready: ReadyEvent;
  readonly log: GatewayLog;
  readonly #child: ChildProcess;
  readonly #children: Children;
  readonly #before: number;

  constructor(child: ChildProcess, ready: ReadyEvent, log: GatewayLog, children: Children) {
    this.pid = child.pid ?? -1;
    this.ready = ready;
    this.log = log;
    this.#child = child;
    this.#children = children;
    this.#before = openDescriptors(this.pid);
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async logged(what: string, is: (line: LogLine) => boolean): Promise<LogLine> {
    return await until(what, () => this.log.lines().find(is));
  }

  async recorded(reasons: Readonly<Record<string, number>>): Promise<void> {
    const all = (): boolean => {
      const seen = this.log.reasons();
      return Object.entries(reasons).every(([reason, count]) => seen[reason] === count);
    };
    await until(`${JSON.stringify(reasons)} in the log`, all).catch((cause: Error) => {
      throw new Error(`${cause.message}; it has ${JSON.stringify(this.log.reasons())}`, { cause });
    });
  }

  descriptors(): number {
    return openDescriptors(this.pid);
  }

  async empty(): Promise<void> {
    const most = this.#before + 2 * this.ready.limits.pipes;
    await until('every descriptor of a session given back', () => this.descriptors() <= most);
  }

  async settled(): Promise<void> {
    const most = this.#before + 2 * this.ready.limits.pipes + 2;
    await until('the end of every session but one', () => this.descriptors() <= most);
  }

  async busy(duration: number): Promise<number> {
    const at = performance.now();
    const before = totalOf(cpuTime(this.pid));
    await until('the end of a measurement', () => performance.now() - at >= duration, duration + 1_000);
    return (totalOf(cpuTime(this.pid)) - before) / ((performance.now() - at) / 1_000);
  }

  async stop(): Promise<number | null> {
    return await this.#children.stop(this.#child);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await until('the end of the gateway', () => this.ended);
  }
}

async function readyEvent(child: ChildProcess, log: GatewayLog): Promise<ReadyEvent> {
  const seen: ReadyEvent[] = [];
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  child.once('error', () => {
    ended = true;
  });
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event: ReadyEvent = JSON.parse(line);
      if (event.event === 'ready') seen.push(event);
    });
  }
  return await until(
    'the gateway ready',
    () => {
      if (ended) {
        const output = [...log.stray(), ...log.lines().map((line) => JSON.stringify(line))].join('\n');
        throw new Error(`Cannot start floatgate: it ended: ${output}`);
      }
      return seen[0];
    },
    startDeadline,
  );
}
