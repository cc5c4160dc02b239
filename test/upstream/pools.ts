import type { PlannedPool } from '../../src/plan/plan.ts';
import { DialSources } from '../../src/upstream/dial-sources.ts';
import { Pool, type PoolEvent, type PoolTarget } from '../../src/upstream/pool.ts';
import { plannedTarget, type TargetAbout } from '../helpers/planned.ts';

/** No address in particular to dial from. */
export const anySource = new DialSources([]);

/** The planned pool `web`; its targets are 10.0.0.1:80 and so on, with what the test gives of each. */
export function plannedPool(
  targets: readonly TargetAbout[],
  given: Partial<Omit<PlannedPool, 'targets'>> = {},
): PlannedPool {
  const [first = plannedTarget(80, { host: '10.0.0.1' }), ...others] = targets.map((target, index) =>
    plannedTarget(80, { host: `10.0.0.${index + 1}`, ...target }),
  );
  return { name: 'web', balance: 'roundrobin', targets: [first, ...others], ...given };
}

/** A pool whose events are kept. */
export function poolOf(
  targets: readonly TargetAbout[],
  given: Partial<Omit<PlannedPool, 'targets'>> = {},
  hasRoom?: (host: string) => boolean,
): { pool: Pool; targets: readonly PoolTarget[]; events: PoolEvent[] } {
  const events: PoolEvent[] = [];
  const pool = new Pool(plannedPool(targets, given), {
    onEvent: (event) => events.push(event),
    ...(hasRoom && { refuses: ({ host }) => (hasRoom(host) ? undefined : 'target sessions') }),
  });
  return { pool, targets: pool.targets, events };
}

/** The target's name, or why there is none. */
export function nameOf(picked: ReturnType<Pool['pick']>): string {
  return typeof picked === 'string' ? picked : picked.name;
}

/** Active checks, as a configuration has them. */
export const checks = { interval: 5000, rise: 2, fall: 3 };

/** Fails the dials of a target until it is passed over. */
export function dialsFail(pool: Pool, target: PoolTarget | undefined, now: number): void {
  for (let dial = 0; dial < 3; dial += 1) if (target !== undefined) pool.failed(target, now, 'refused');
}

/** Fails the checks of a target until it is down. */
export function checksFail(pool: Pool, target: PoolTarget | undefined): void {
  for (let nth = 0; nth < 3; nth += 1) if (target !== undefined) pool.checked(target, { ok: false, why: 'refused' });
}

/** The names of what so many sessions are given at one moment. */
export function picks(pool: Pool, count: number, now: number): string[] {
  return Array.from({ length: count }, () => nameOf(pool.pick(undefined, now, [])));
}
