import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { asNobody } from '../../test/helpers/nobody.ts';
import type { Engine } from '../forwarders/floatgate.ts';
import type { Children } from '../process/children.ts';
import { openWorkshop } from '../process/workshop.ts';
import { hostRange, type Layout, subnet } from './layout.ts';
import { Records } from './records.ts';

/** Sessions at once through one listener; connection storms go beyond. */
export const perListener = 64;
/** Sessions at once; traffic stays below. */
const sessions = 900;
const readyWithin = 30_000;
const setpriv = '/usr/bin/setpriv';

/** The gateway's process, as the soak sees it from outside. */
export interface GatewayUnderSoak {
  readonly pid: number;
  readonly engine: Engine;
  /** Pipes that it may keep for the next transfer. */
  readonly pipes: number;
  readonly records: Records;
  readonly alive: boolean;
  /** Stops reading the log for so many milliseconds. */
  leaveLogUnread(milliseconds: number): Promise<void>;
  /** SIGSTOP, and SIGCONT after so many milliseconds. */
  suspend(milliseconds: number): Promise<void>;
  /** Open descriptors: pipes, and all others. */
  descriptors(): { readonly pipes: number; readonly others: number };
  /** Ends it with SIGTERM. Resolves with the exit code, once its log was read to the end. */
  stop(): Promise<number | null>;
}

/** What is to be soaked. */
export interface GatewayCommand {
  /** As far as its own arguments: `node dist/floatgate.cjs`. */
  readonly command: readonly string[];
  /** Left out: what `auto` takes. */
  readonly engine?: Engine;
}

/** Starts the gateway, as nobody where we are root, and waits until it serves. */
export async function startGateway(
  layout: Layout,
  { command, engine }: GatewayCommand,
  children: Children,
): Promise<GatewayUnderSoak> {
  const { folder } = openWorkshop(children);
  const config = join(folder, 'soak.yaml');
  writeFileSync(config, JSON.stringify(configuration(layout)));
  chmodSync(folder, 0o755);
  const choice = engine === undefined ? [] : ['--engine', engine];
  const unprivileged = asNobody([...endsWithUs(), ...command, 'up', '--config', config, ...choice]);
  const [program, ...args] = ['env', ...withoutForeignVariables(), 'FLOATGATE_CONTROL=off', ...unprivileged];
  const child = children.spawn(program ?? 'env', args, ['ignore', 'pipe', 'pipe']);
  const { stdout, stderr, pid } = child;
  if (stdout === null || stderr === null || pid === undefined) throw new Error('Cannot start floatgate: no process');
  const records = new Records();
  createInterface({ input: stderr }).on('line', (line) => records.take(line));
  const closed = once(child, 'close');
  const ready = await readyEvent(child);
  if (ready === undefined) {
    await children.stop(child);
    throw new Error(`Cannot start floatgate: it is not ready; its output: ${records.stray.join('\n') || 'nothing'}`);
  }
  return {
    pid,
    engine: ready.engine.name,
    pipes: ready.limits.pipes,
    records,
    get alive() {
      return child.exitCode === null && child.signalCode === null;
    },
    async leaveLogUnread(milliseconds) {
      stderr.pause();
      await delay(milliseconds);
      stderr.resume();
    },
    async suspend(milliseconds) {
      child.kill('SIGSTOP');
      await delay(milliseconds);
      child.kill('SIGCONT');
    },
    descriptors: () => descriptors(pid),
    async stop() {
      const code = await children.stop(child);
      await closed;
      return code;
    },
  };
}

function configuration({ raw, http, closed, storm, rude, echo }: Layout): unknown {
  const service = ({ base, port }: { base: number; port: number }) => ({ base, port });
  return {
    gateway: {
      subnet,
      hosts: hostRange,
      services: { raw: service(raw), http: service(http), closed: service(closed) },
    },
    forwards: [storm, rude, echo].map(({ listener, target }) => ({
      listen: `${listener.host}:${listener.port}`,
      to: `${target.host}:${target.port}`,
    })),
    bind: ['127.0.0.1'],
    // All of the traffic comes from one address.
    limits: { sessions, perListener, perSource: { sessions: 1_000_000 } },
    log: { level: 'debug' },
  };
}

/** Even when this process is killed while it is stopped. Giving up root resets it (prctl(2)): it comes after that. */
function endsWithUs(): readonly string[] {
  return existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL'] : [];
}

/** Our environment may hold what would change the gateway's. */
function withoutForeignVariables(): string[] {
  const foreign = /^(FLOATGATE_|NODE_OPTIONS$|NODE_EXTRA_CA_CERTS$)/i;
  return Object.keys(process.env).flatMap((name) => (foreign.test(name) ? ['-u', name] : []));
}

function descriptors(pid: number): { pipes: number; others: number } {
  const folder = `/proc/${pid}/fd`;
  const numbers = readdirSync(folder);
  const pipes = numbers.filter((number) => linkOf(join(folder, number)).startsWith('pipe:')).length;
  return { pipes, others: numbers.length - pipes };
}

/** Where a descriptor leads; it may be closed by now. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

interface Ready {
  readonly event: string;
  readonly engine: { readonly name: Engine };
  readonly limits: { readonly pipes: number };
}

/** `undefined` when the process ends, or the deadline passes, before it is ready. Goes on reading stdout. */
function readyEvent(child: ChildProcess): Promise<Ready | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), readyWithin);
    const settle = (ready: Ready | undefined): void => {
      clearTimeout(timer);
      resolve(ready);
    };
    child.once('error', () => settle(undefined));
    child.once('close', () => settle(undefined));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = line.startsWith('{') ? (JSON.parse(line) as Ready) : undefined;
      if (event?.event === 'ready') settle(event);
    });
  });
}
