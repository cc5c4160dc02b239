import type { PlannedListener } from '../plan/plan.ts';
import { formatPortHolder, type PortHolder, readPortHolders } from './port-holder.ts';

/** A listener that could not be opened. */
export interface ListenerFailure {
  readonly listener: PlannedListener;
  /** errno name: EADDRINUSE, EACCES, EADDRNOTAVAIL ... */
  readonly code: string;
  /** For people: what is, and what to do; names the process that holds a busy port where /proc tells. */
  readonly message: string;
}

/** What bind(2) and listen(2) said of listeners, in words. Reads /proc once, and only if a port is busy. */
export function explainFailures(
  failures: readonly { readonly listener: PlannedListener; readonly code: string }[],
): ListenerFailure[] {
  const holders = failures.some(({ code }) => code === 'EADDRINUSE') ? readPortHolders() : undefined;
  return failures.map(({ listener, code }) => {
    const { address, port } = listener.bind;
    const holder = code === 'EADDRINUSE' ? holders?.holderOf(address, port) : undefined;
    return { listener, code, message: `Cannot listen on ${listener.key} (${listener.name}): ${explain(code, holder)}` };
  });
}

function explain(code: string, holder: PortHolder | undefined): string {
  switch (code) {
    case 'EADDRINUSE':
      if (holder !== undefined) return `the port is held by ${formatPortHolder(holder)}; end it or choose another port`;
      // A connection that this machine made may sit on any port of ip_local_port_range, for a minute after its end, too.
      return "the port is held by another user's process or an outgoing connection; wait a minute or choose another port";
    case 'EACCES':
    case 'EPERM':
      return 'this user may not bind it; choose a port from 1024 up';
    case 'EADDRNOTAVAIL':
      return 'no interface of this machine has that address; name one that is there with --bind, or wait for it with --wait-for-network';
    case 'EMFILE':
    case 'ENFILE':
      return 'no file descriptor is free; raise the limit (ulimit -n)';
    default:
      return `the system says ${code}`;
  }
}
