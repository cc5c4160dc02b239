import type { Answer } from '../admin/control.ts';
import {
  type ListenerPage,
  type ListenerQuery,
  pageSize,
  type TargetPage,
  type TargetQuery,
} from '../admin/schemas.ts';
import { formatEndpoint } from '../base/address.ts';
import { hostText } from '../base/host.ts';
import type { PoolTarget } from '../upstream/pool.ts';
import type { Gateway } from './gateway.ts';
import { pageOfRows } from './in-pieces.ts';

type ListenerRow = ListenerPage['rows'][number];
type TargetRow = TargetPage['rows'][number];

/** The listeners of the present plan, a page of them. */
export function pageOfListeners(gateway: Gateway, { service, page }: ListenerQuery): ListenerPage {
  const fitting = gateway.plan.listeners.filter(({ name }) => service === undefined || name === service);
  const { rows, ...counts } = pageOfRows(fitting, page, pageSize);
  return {
    rows: rows.map(
      ({ key, name, host, pool }): ListenerRow => ({
        listener: key,
        service: name,
        ...(host !== undefined && { host }),
        state: gateway.isOpen(key) ? 'open' : 'skipped',
        targets: pool.targets.map((target) => formatEndpoint(hostText(target), target.port)),
        sessions: gateway.routes.sessionsThrough(key),
      }),
    ),
    ...counts,
  };
}

/** The targets of the present plan, a page of them: one row for each pool that a target is in. */
export function pageOfTargets(gateway: Gateway, query: TargetQuery): Answer<TargetPage> {
  const { host, pool, state, page } = query;
  const hosts = host === undefined ? undefined : hostsMeant(gateway, host);
  const fitting = gateway.routes
    .poolsOf(gateway.plan.listeners)
    .filter((one) => pool === undefined || one.pool.name === pool)
    .flatMap((one) => one.pool.targets.map((target) => ({ pool: one.pool, target })))
    .filter(({ target }) => hosts === undefined || hosts.includes(target.host))
    .filter(({ target }) => state === undefined || stateOf(gateway, target) === state);
  const { rows, ...counts } = pageOfRows(fitting, page, pageSize);
  return {
    ok: true,
    value: {
      rows: rows.map(
        ({ pool: { name, planned }, target }): TargetRow => ({
          target: target.name,
          pool: name,
          tier: target.planned.tier,
          weight: target.planned.weight,
          state: stateOf(gateway, target),
          sessions: target.sessions,
          checked: planned.health !== undefined,
        }),
      ),
      ...counts,
    },
  };
}

/** The hosts that a text means, as the plan spells them: a host number is that host of each service. */
export function hostsMeant({ plan }: Gateway, text: string): readonly string[] {
  if (!/^\d{1,9}$/.test(text)) return [text];
  const targets = plan.listeners.filter(({ host }) => host === Number(text)).flatMap(({ pool }) => pool.targets);
  return [...new Set(targets.map(hostText))];
}

function stateOf({ takenOut }: Gateway, target: PoolTarget): TargetRow['state'] {
  return takenOut.has(target) ? 'out' : target.health.state;
}
