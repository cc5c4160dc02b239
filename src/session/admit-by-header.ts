import { performance } from 'node:perf_hooks';
import { closeReasonOf } from '../policy/denial.ts';
import type { PoolTarget } from '../upstream/pool.ts';
import { admit } from './admit.ts';
import { ClientHeader } from './client-header.ts';
import type { Session } from './session.ts';
import type { SessionContext } from './session-context.ts';

/**
 * Reads the PROXY header of a client that must send one: who comes is what it says, and is admitted by that. Resolves
 * with the target to try first; `ended` where the session is over.
 */
export async function admitByHeader(
  session: Session,
  { engine, denied, observer }: SessionContext,
): Promise<PoolTarget | 'no target' | 'ended'> {
  const { client, route } = session;
  // While the leg lives: of a socket that is closed, or was reset, the kernel does not know the peer.
  if (observer.wants !== 'bugs') session.identify();
  const header = new ClientHeader(client, engine, route.timeouts.proxyHeader);
  session.readingHeader(header);
  const read = await header.done;
  if (!read.ok) {
    session.end(read.reason, read.error);
    return 'ended';
  }
  // Killed, or reset, in the very turn in which the header was complete.
  const peer = client.ip;
  if (client.isReset || peer === undefined) session.clientGone();
  if (session.reason !== undefined || peer === undefined) return 'ended';
  session.conveys(read.header);
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
