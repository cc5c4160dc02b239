import { performance } from 'node:perf_hooks';
import type { Ip } from '../base/ip.ts';
import { closeReasonOf, type Denial } from '../policy/denial.ts';
import type { PoolTarget } from '../upstream/pool.ts';
import { ClientHeader } from './client-header.ts';
import type { Session } from './session.ts';
import type { SessionContext, SessionRoute } from './session-context.ts';

/**
 * Decides about a client before anything is dialed, and picks the target that its session tries first. A client that is
 * admitted is counted until `route.admission.leave`; a denied one is not counted. A session that may be a loop takes
 * its place by `SessionCounts.admitted`. `now` is performance.now(), milliseconds.
 *
 * @param ip where the client comes from, by its PROXY header where it must send one
 * @param peer the address that connected: a PROXY header is passed on unchanged in a loop, so it proves nothing
 */
export function admit(route: SessionRoute, ip: Ip, peer: Ip, now: number): PoolTarget | 'no target' | Denial {
  const { admission, loops, pool, quickEnds } = route;
  const denial = admission.check(ip, now);
  if (denial !== undefined) return denial;
  if (quickEnds.areTooMany(peer, now)) return 'possible loop';
  const target = pool.pick(ip, now, untried);
  if (typeof target === 'object' && loops.mayLoop(peer, target.ip) && !loops.hasRoom(now)) {
    pool.gaveUp(target, now);
    return 'possible loop';
  }
  if (typeof target === 'object' || target === 'no target') admission.count(ip, now);
  return target;
}

const untried: readonly PoolTarget[] = [];

/**
 * Reads the PROXY header of a client that must send one, and admits it by that. Resolves with the target to try first;
 * `ended` where the session is over.
 */
export async function admitByHeader(
  session: Session,
  { engine, denied, observer }: SessionContext,
): Promise<PoolTarget | 'no target' | 'ended'> {
  const { client, route } = session;
  // While the leg lives: the kernel does not know the peer of a socket that is closed or was reset.
  if (observer.wants !== 'bugs') session.identify();
  const header = new ClientHeader(client, engine, route.timeouts.proxyHeader);
  session.readingHeader(header);
  const read = await header.done;
  if (!read.ok) {
    session.end(read.reason, read.error);
    return 'ended';
  }
  const peer = client.ip;
  // Killed, or reset, in the turn of the loop in which the header was complete.
  if (client.isReset || peer === undefined) session.clientReset();
  if (session.reason !== undefined || peer === undefined) return 'ended';
  session.takeHeader(read.header);
  const source = session.conveyed?.source.ip ?? peer;
  const target = admit(route, source, peer, performance.now());
  if (typeof target === 'object' || target === 'no target') {
    session.admitted(source, peer, target);
    return target;
  }
  session.end(closeReasonOf(target));
  denied(route.listener.rules, target, source);
  return 'ended';
}
