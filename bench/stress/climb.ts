import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint } from '../agents/endpoint.ts';
import type { Proofs, StressLoad } from '../agents/stress-load.ts';
import type { StressTargets } from '../agents/stress-targets.ts';
import type { Engine } from '../forwarders/floatgate.ts';
import { Agent } from '../process/agent.ts';
import type { Children } from '../process/children.ts';
import { openDescriptors } from '../process/proc.ts';
import { settledMemory } from '../process/settled-memory.ts';
import type { Progress } from '../progress.ts';
import type { ReadyGateway } from './gateway.ts';
import type { Layout } from './layout.ts';
import { listenBacklog } from './listen-backlog.ts';

/** Something that must hold; a run in which one does not has failed. */
export interface Check {
  readonly what: string;
  readonly holds: boolean;
  readonly seen: string;
}

/** What the climb found out. */
export interface Climb {
  readonly engine: Engine;
  readonly sessions: number;
  readonly perListener: number;
  readonly waitingRoom: number;
  readonly explanation: string;
  /** Listeners that the sessions came through. */
  readonly listeners: number;
  readonly beyond: number;
  readonly setUpSeconds: number;
  readonly rssPerSession: number;
  readonly descriptors: { readonly before: number; readonly full: number; readonly after: number };
  /** Seconds for an echo on every session, at the limit. */
  readonly echoSeconds: number;
  /** Seconds from the first session leaving until the last waiting client had its echo. */
  readonly recoverSeconds: number;
  /** Seconds until the gateway had closed everything after all had left. */
  readonly emptySeconds: number;
  readonly checks: readonly Check[];
}

/** Milliseconds during which clients beyond the limit must stay unserved. */
const watch = 1_500;
/** Sessions that come and go before memory and descriptors are first looked at. */
const warmUp = 100;
/** Milliseconds for the gateway to close everything after the last client has left. */
const emptyDeadline = 20_000;
/** Milliseconds for the long questions; clients give up earlier on their own. */
const longAsk = 300_000;

/** Fills the gateway to its limit, goes beyond by 5 % or the waiting room, lets waiting clients in, and empties it. */
export async function climb(
  gateway: ReadyGateway,
  { targets }: Layout,
  listeners: readonly Endpoint[],
  children: Children,
  progress: Progress,
): Promise<Climb> {
  const checks: Check[] = [];
  const check = (what: string, holds: boolean, seen: string | number): void => {
    checks.push({ what, holds, seen: String(seen) });
  };
  const checkProofs = (what: string, { right, failure }: Proofs, wanted: number): void =>
    check(what, right === wanted, failure === undefined ? right : `${right} of ${wanted}; ${failure}`);
  const { engine, sessions, waitingRoom } = gateway;
  // splice leaves clients beyond the limit in the kernel's queues; stream accepts them into its waiting room, of which
  // one listener has half.
  const accepted = engine === 'stream';
  const places = accepted
    ? Math.floor(waitingRoom / (listeners.length > 1 ? 1 : 2))
    : listenBacklog() * listeners.length;
  const beyond = Math.min(places, Math.ceil(sessions * 0.05));
  const subnet = new Agent<StressTargets>(children, 'stress-targets');
  const clients = new Agent<StressLoad>(children, 'stress-load');
  await subnet.ask('listen', { at: targets });

  /** Waits until nothing is left of any session; the descriptors that the gateway holds then. */
  async function emptied(expected: number | undefined): Promise<number> {
    const end = Date.now() + emptyDeadline;
    for (;;) {
      const { live } = await subnet.ask('counts', null);
      const descriptors = openDescriptors(gateway.pid);
      const done = live === 0 && (expected === undefined || descriptors === expected);
      if (done || Date.now() > end) return descriptors;
      await delay(20);
    }
  }

  async function watched<T>(what: string, of: number, work: Promise<T>): Promise<T> {
    let running = true;
    const report = async (): Promise<void> => {
      while (running) {
        const { proven, waiting } = await clients.ask('counts', null);
        progress.show(`${what}: ${proven} of ${of} sessions proven${waiting > 0 ? `, ${waiting} clients wait` : ''}`);
        await delay(250);
      }
    };
    // When the agent has ended, `work` is rejected too, with the reason.
    const reporting = report().catch(() => {});
    try {
      return await work;
    } finally {
      running = false;
      await reporting;
    }
  }

  progress.show('warm-up');
  await clients.ask('open', { listeners, count: warmUp });
  await clients.ask('close', null);
  await emptied(undefined);
  const rssBefore = await settledMemory(gateway.pid);
  const before = openDescriptors(gateway.pid);

  const climbed = await watched('climbing', sessions, clients.ask('open', { listeners, count: sessions }, longAsk));
  checkProofs('every session up to the limit is alive: each had its own echo', climbed, sessions);
  progress.show('letting memory settle');
  const rssFull = await settledMemory(gateway.pid);
  const full = openDescriptors(gateway.pid);
  check('a session is two descriptors', full - before === 2 * sessions, full - before);
  const echo = await watched('an echo on every session', sessions, clients.ask('proveAll', null, longAsk));
  checkProofs('all of them at once: each had another echo', echo, sessions);

  const least = accepted ? 1 : Math.ceil(sessions * 0.05);
  check('clients beyond the limit have places to wait', beyond >= least, `${places} for ${beyond}`);
  await watched('going beyond', sessions, clients.ask('queue', { listeners, count: beyond }, longAsk));
  await watched('watching those that wait', sessions, delay(watch));
  const held = await clients.ask('counts', null);
  const { peak, live } = await subnet.ask('counts', null);
  check('those beyond wait: connected, neither served nor refused', held.waiting === beyond, held.waiting);
  check('none of those that wait has failed', held.failure === undefined, held.failure ?? 'none');
  check('targets never saw more sessions than the limit', peak === sessions && live === sessions, peak);
  const taken = openDescriptors(gateway.pid) - full;
  check(
    "a client in the waiting room is one descriptor, one in the kernel's queue is none",
    taken === (accepted ? beyond : 0),
    taken,
  );

  const swapped = await watched('as many leave as wait', sessions, clients.ask('swap', null, longAsk));
  checkProofs('all that waited were served when others left', swapped, beyond);
  const again = await watched('an echo on every session', sessions, clients.ask('proveAll', null, longAsk));
  checkProofs('every session is alive at the end: each had another echo', again, sessions);

  const begun = performance.now();
  progress.show('all leave');
  await clients.ask('close', null, longAsk);
  const after = await emptied(before);
  const emptySeconds = (performance.now() - begun) / 1000;
  const left = await subnet.ask('counts', null);
  check('no session is left', left.live === 0, left.live);
  check('no descriptor is left in the gateway', after === before, after - before);
  checkProofs('it serves new clients afterwards', await clients.ask('open', { listeners, count: warmUp }), warmUp);
  await clients.ask('close', null);
  await Promise.all([clients.stop(), subnet.stop()]);

  return {
    engine,
    sessions,
    perListener: gateway.perListener,
    waitingRoom,
    explanation: gateway.explanation,
    listeners: listeners.length,
    beyond,
    setUpSeconds: climbed.seconds,
    rssPerSession: (rssFull - rssBefore) / sessions,
    descriptors: { before, full, after },
    echoSeconds: echo.seconds,
    recoverSeconds: swapped.seconds,
    emptySeconds,
    checks,
  };
}
