import type { Status } from '../admin/schemas.ts';
import { numberRanges } from '../base/number-ranges.ts';
import type { Plan, PlannedListener } from '../plan/plan.ts';
import { listenersByName, servedForward, targetsLine } from '../plan/served.ts';
import type { AddedForward } from './added-forwards.ts';
import type { Gateway } from './gateway.ts';
import { messageOfOne, portsOf } from './listener-failure.ts';

/** What a gateway serves, a row for each service and forward. */
export function servedRows(gateway: Gateway, added: readonly AddedForward[]): Status['served'] {
  const { plan, routes } = gateway;
  const row = (kind: PlannedListener['kind'], name: string, listeners: readonly PlannedListener[]) => {
    const addition = kind === 'forward' ? added.find(({ listen }) => listen === name) : undefined;
    return {
      kind,
      name,
      addresses: [...new Set(listeners.map(({ bind }) => bind.address))],
      ports: numberRanges(portsOf(listeners)),
      leadsTo: kind === 'forward' ? targetsLine(servedForward(name, listeners)) : hostsText(plan, name, listeners),
      listeners: listeners.length,
      sessions: listeners.reduce((sum, { key }) => sum + routes.sessionsThrough(key), 0),
      ...(addition !== undefined && {
        added: addition.until === undefined ? {} : { until: new Date(addition.until).toISOString() },
      }),
    };
  };
  return (['service', 'forward'] as const).flatMap((kind) =>
    [...listenersByName(plan, kind)].map(([name, listeners]) => row(kind, name, listeners)),
  );
}

export function skippedRows({ skipped }: Gateway): Status['listeners']['skipped'] {
  return skipped.flatMap(({ listeners, why }) =>
    listeners.map((listener) => ({ listener: listener.key, message: messageOfOne(listener, why) })),
  );
}

export function sessionCounts(gateway: Gateway): Status['sessions'] {
  const { table, plan } = gateway;
  return {
    now: table.size,
    most: plan.limits.sessions,
    opened: table.opened,
    ended: { ...gateway.endings() },
    denied: gateway.denials().reduce((sum, { clients }) => sum + clients, 0),
    turnedAway: gateway.turnedAway(),
  };
}

/** `port 22 of hosts 1-254`. */
function hostsText({ services }: Plan, name: string, listeners: readonly PlannedListener[]): string {
  const port = services.find((service) => service.name === name)?.port;
  const hosts = [...new Set(listeners.flatMap(({ host = [] }) => host))].sort((a, b) => a - b);
  return `port ${port} of hosts ${numberRanges(hosts)}`;
}
