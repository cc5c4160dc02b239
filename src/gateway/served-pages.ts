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
  const rows = gateway.routes
    .poolsOf(gateway.plan.listeners)
    .filter(({ pool: { name } }) => pool === undefined || name === pool)
    .flatMap(({ pool: { name, targets, planned } }) =>
      targets
        .filter((target) => hosts === undefined || hosts.includes(target.host))
        .map((target): TargetRow => {
          const { tier, weight } = target.planned;
          const checked = planned.health !== undefined;
          const { sessions } = target;
          return { target: target.name, pool: name, tier, weight, state: stateOf(gateway, target), sessions, checked };
        }),
    )
    .filter((row) => state === undefined || row.state === state);
  return { ok: true, value: pageOfRows(rows, page, pageSize) };
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
