import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Children } from '../process/children.ts';
import { listeningPorts } from '../process/proc.ts';
import type { Progress } from '../progress.ts';
import { type Summary, summarise } from '../report/statistics.ts';
import { type GatewayOptions, spawnGateway } from './gateway.ts';
import type { Layout } from './layout.ts';

/** Seconds from starting the process until every listener listens. */
export interface StartUp {
  readonly floatgate: Summary;
  /** Absent when HAProxy is not installed. */
  readonly haproxy?: Summary;
}

const haproxy = '/usr/sbin/haproxy';
/** Milliseconds. */
const deadline = 30_000;

/**
 * Starts floatgate and HAProxy in turn with the same listeners. Both are timed from outside by the same means: the
 * kernel's table of listening ports, looked at every few milliseconds.
 */
export async function measureStartUp(
  layout: Layout,
  options: GatewayOptions,
  rounds: number,
  children: Children,
  progress: Progress,
): Promise<StartUp> {
  const folder = mkdtempSync(join(tmpdir(), 'floatgate-stress-'));
  try {
    const config = join(folder, 'haproxy.cfg');
    writeFileSync(config, haproxyConfig(layout));
    const starters: [string, () => ChildProcess][] = [['floatgate', () => spawnGateway(layout, options, children)]];
    if (existsSync(haproxy)) {
      // In the foreground, as one process.
      starters.push([
        'haproxy',
        () => children.spawn(haproxy, ['-db', '-q', '-f', config], ['ignore', 'ignore', 'pipe']),
      ]);
    }
    const times = new Map<string, number[]>(starters.map(([name]) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      const order = round % 2 === 0 ? starters : [...starters].reverse();
      for (const [name, spawn] of order) {
        progress.say(`start-up: round ${round + 1} of ${rounds}, ${name}`);
        times.get(name)?.push(await timeStart(name, spawn, layout, children));
      }
    }
    const floatgate = summarise(times.get('floatgate') ?? []);
    const beside = summarise(times.get('haproxy') ?? []);
    if (floatgate === undefined) throw new Error('Cannot tell the time to start: there was no round');
    return beside === undefined ? { floatgate } : { floatgate, haproxy: beside };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timeStart(
  name: string,
  spawn: () => ChildProcess,
  { doors }: Layout,
  children: Children,
): Promise<number> {
  await until(`the ports of the round before ${name} to be free`, () => {
    const taken = listeningPorts('127.0.0.1');
    return doors.every(({ port }) => !taken.has(port));
  });
  const begun = performance.now();
  const child = spawn();
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-1_000);
  });
  // A pipe that nobody reads could block the process that writes into it.
  child.stdout?.resume();
  try {
    await until(`${name} to listen`, () => {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`Cannot start ${name}: ${complaint.trim() || 'it ended at once'}`);
      }
      const taken = listeningPorts('127.0.0.1');
      return doors.every(({ port }) => taken.has(port));
    });
    return (performance.now() - begun) / 1000;
  } finally {
    await children.stop(child);
  }
}

async function until(what: string, done: () => boolean): Promise<void> {
  const end = Date.now() + deadline;
  while (!done()) {
    if (Date.now() > end) throw new Error(`Cannot go on: waited ${deadline / 1000} s for ${what}`);
    await delay(3);
  }
}

/** Option 1 of the tutorial (redirect via ports), for every mapping. */
function haproxyConfig({ doors, targets }: Layout): string {
  return [
    'defaults',
    '  mode tcp',
    '  timeout connect 5s',
    '  timeout client 1h',
    '  timeout server 1h',
    ...doors.flatMap((door, index) => [
      `listen l${index}`,
      `  bind ${door.host}:${door.port}`,
      `  server s ${targets[index]?.host}:${targets[index]?.port}`,
    ]),
    '',
  ].join('\n');
}
