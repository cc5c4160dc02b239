import { fstatSync } from 'node:fs';
import type { Endpoint } from '../../bench/agents/endpoint.ts';
import type { Agent } from '../../bench/process/agent.ts';
import { cpuTime, totalOf } from '../../bench/process/proc.ts';
import { until } from '../helpers/until.ts';
import type { FaultClients } from './agents/fault-clients.ts';
import type { Fixture } from './fixture.ts';
import type { FaultGateway } from './gateway.ts';

/** How the first client of a loop ends. */
const ways = ['a reset at once', 'a FIN', 'a reset', 'a reset after some bytes'] as const;
/** Milliseconds after which the places of possible loops are free again, and some. */
const placesFree = 1_200;

interface Watched {
  /** A listener that leads back to itself. */
  readonly listener: Endpoint;
  readonly gateway: FaultGateway;
  /** Other gateways that are a part of it. */
  readonly others?: readonly FaultGateway[];
  readonly clients: Agent<FaultClients>;
}

/** Lets one client after the other begin a loop and end, and checks that each loop ends with it. */
export async function watchLoop(fixture: Fixture, { listener, gateway, others = [], clients }: Watched): Promise<void> {
  const gateways = [gateway, ...others];
  const quiet = gateways.map((one) => one.descriptors());
  const isQuiet = (): boolean => gateways.every((one, index) => one.descriptors() <= (quiet[index] ?? 0));
  for (const [index, way] of ways.slice(0, fixture.pick({ ci: 2, full: ways.length })).entries()) {
    if (index > 0) await gateway.busy(placesFree);
    const begun = performance.now();
    const before = gateways.map(figures);
    if (way === 'a reset at once') await clients.ask('touch', { to: listener, count: 1 });
    else {
      await clients.ask('connect', { to: [listener], count: 1 });
      if (way === 'a reset after some bytes') await clients.ask('say', { bytes: 1_024 });
      await clients.ask('leave', { by: way === 'a FIN' ? 'FIN' : 'reset' });
    }
    const left = performance.now();
    let quietSince: number | undefined;
    const stays = (): boolean => {
      if (!isQuiet()) quietSince = undefined;
      else quietSince ??= performance.now();
      return quietSince !== undefined && performance.now() - quietSince > 300;
    };
    const ended = await until('no session left', stays, 5_300).then(
      () => true,
      () => false,
    );
    const took = (quietSince ?? performance.now()) - left;
    const seen = gateways.map(figures).map((now, index) => minus(now, before[index]));
    const sessions = sum(seen, ({ sessions }) => sessions);
    const busy = sum(seen, ({ cpu }) => cpu) / ((performance.now() - begun) / 1_000);
    const kibibytes = Math.round(sum(seen, ({ bytes }) => bytes) / 1_024);
    fixture.check(`${way}: the loop ends within 5 s`, ended, `${sessions} sessions, ${Math.round(took)} ms`);
    fixture.check(`${way}: no more than 1,000 sessions`, sessions <= 1_000, sessions);
    const end = ended ? `over ${Math.round(took)} ms after it` : 'not over 5 s after it';
    fixture.saw(`${way}: ${sessions} sessions, ${end}, ${(100 * busy).toFixed(0)} % CPU, ${kibibytes} KiB of log`);
    if (!ended) return;
  }
}

interface Figures {
  /** That have ended. */
  readonly sessions: number;
  /** Seconds. */
  readonly cpu: number;
  /** Of its log. */
  readonly bytes: number;
}

function figures({ log, pid }: FaultGateway): Figures {
  const sessions = log.lines().filter(({ duration }) => duration !== undefined).length;
  return { sessions, cpu: totalOf(cpuTime(pid)), bytes: fstatSync(log.descriptor).size };
}

function minus(now: Figures, before: Figures | undefined): Figures {
  if (before === undefined) return now;
  return { sessions: now.sessions - before.sessions, cpu: now.cpu - before.cpu, bytes: now.bytes - before.bytes };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
