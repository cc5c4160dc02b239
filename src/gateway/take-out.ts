import type { Logger } from 'pino';
import type { Answer } from '../admin/control.ts';
import type { Status, TakenOut as TakenOutAnswer, TakeOutRequest } from '../admin/schemas.ts';
import type { PoolTarget } from '../upstream/pool.ts';
import type { Gateway } from './gateway.ts';
import { hostsMeant } from './served-pages.ts';

/** Takes a host, or one target of it, out, or in again. Its sessions live on. */
export function takeOut(gateway: Gateway, { what, state }: TakeOutRequest, logger: Logger): Answer<TakenOutAnswer> {
  const meant = hostsMeant(gateway, what);
  const entries = state === 'in' && meant.length === 0 ? [what] : meant;
  const targets = targetsByName(gateway);
  const known = entries.filter((entry) => state === 'in' || targets.has(entry));
  if (known.length === 0) {
    const detail = `Cannot take ${what} out: no target is called so; 'floatgate targets' lists them`;
    return { ok: false, refusal: { status: 404, detail } };
  }
  const { takenOut } = gateway;
  const outcomes = known.map((entry) => ({
    entry,
    outcome: state === 'out' ? takenOut.takeOut(entry, Date.now()) : takenOut.putIn(entry),
  }));
  const hostIsOut = outcomes.find(({ outcome }) => outcome === 'host is out');
  if (hostIsOut !== undefined) {
    const detail = `Cannot take ${hostIsOut.entry} in: its host is out with all of its targets; take the host in`;
    return { ok: false, refusal: { status: 409, detail } };
  }
  const changed = outcomes.flatMap(({ entry, outcome }) => (outcome === state ? [entry] : []));
  if (state === 'in' && changed.length === 0) {
    const detail = `Cannot take ${what} in: it is not out; 'floatgate status' lists what is`;
    return { ok: false, refusal: { status: 404, detail } };
  }
  for (const entry of changed) {
    if (state === 'out') logger.warn({ what: entry }, `${entry} was taken out: it gets no new sessions`);
    else logger.info({ what: entry }, `${entry} was taken in again`);
  }
  return { ok: true, value: { out: outRows(gateway), changed } };
}

/** What is out, with what that concerns. */
export function outRows(gateway: Gateway): Status['out'] {
  const outs = gateway.takenOut.list();
  if (outs.length === 0) return [];
  const all = targetsByName(gateway);
  return outs.map(({ what, since }) => {
    const targets = all.get(what) ?? [];
    const sessions = targets.reduce((sum, target) => sum + target.sessions, 0);
    return { what, since: new Date(since).toISOString(), targets: targets.length, sessions };
  });
}

/** By host, and by host:port. Made once for all that is out: there may be 2,300 pools and as many hosts out. */
function targetsByName({ routes, plan }: Gateway): ReadonlyMap<string, readonly PoolTarget[]> {
  const targets = new Map<string, PoolTarget[]>();
  const pools = routes.poolsOf(plan.listeners);
  for (const target of pools.flatMap(({ pool }) => pool.targets)) {
    for (const what of [target.host, target.name]) {
      const known = targets.get(what);
      if (known === undefined) targets.set(what, [target]);
      else known.push(target);
    }
  }
  return targets;
}
