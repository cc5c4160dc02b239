import { numberRanges } from '../base/number-ranges.ts';
import type { PlannedListener } from '../plan/plan.ts';
import { formatPortHolder, type PortHolder, readPortHolders } from './port-holder.ts';

/** Listeners that could not be opened for one and the same cause. */
export interface ListenerFailures {
  /** At least one, in the order of the plan. */
  readonly listeners: readonly PlannedListener[];
  /** errno name: EADDRINUSE, EACCES, EADDRNOTAVAIL ... */
  readonly code: string;
  /** What is, and what to do. Names the process that holds a busy port where /proc shows it. */
  readonly why: string;
  /** One line for people: the ports, shortened, and `why`. */
  readonly message: string;
}

/** Ranges of ports that a message lists. */
const mostRanges = 4;

/** Explains the errors of bind(2) and listen(2), each cause once. Reads /proc once, and only if a port is busy. */
export async function explainFailures(
  failures: readonly { readonly listener: PlannedListener; readonly code: string }[],
): Promise<readonly ListenerFailures[]> {
  const busy = failures.flatMap(({ code, listener }) => (code === 'EADDRINUSE' ? [listener.bind.port] : []));
  const holders = busy.length === 0 ? undefined : await readPortHolders(busy);
  const causes = new Map<string, { code: string; holder: PortHolder | undefined; listeners: PlannedListener[] }>();
  for (const { listener, code } of failures) {
    const { address, port } = listener.bind;
    const holder = code === 'EADDRINUSE' ? holders?.holderOf(address, port) : undefined;
    const key = `${code} ${holder?.pid} ${code === 'EADDRNOTAVAIL' ? address : ''}`;
    const cause = causes.get(key);
    if (cause === undefined) causes.set(key, { code, holder, listeners: [listener] });
    else cause.listeners.push(listener);
  }
  return [...causes.values()].map(({ code, holder, listeners }) => {
    const why = explain(code, holder, portsOf(listeners).length);
    return { listeners, code, why, message: `Cannot listen on ${placeOf(listeners)}: ${why}` };
  });
}

/** The message of `explainFailures` for one listener. */
export function messageOfOne(listener: PlannedListener, why: string): string {
  return `Cannot listen on ${placeOf([listener])}: ${why}`;
}

/** The ports of listeners, each once, in rising order. */
export function portsOf(listeners: readonly PlannedListener[]): readonly number[] {
  return [...new Set(listeners.map(({ bind }) => bind.port))].sort((a, b) => a - b);
}

/** `[::]:30016 (ssh)`, or `191 ports of 10.0.0.7 (29016-29206)`. */
function placeOf(listeners: readonly PlannedListener[]): string {
  const [first] = listeners;
  if (first !== undefined && listeners.length === 1) return `${first.key} (${first.name})`;
  const addresses = new Set(listeners.map(({ bind }) => bind.address));
  const [address = ''] = addresses;
  const of = addresses.size > 1 || isWildcard(address) ? '' : ` of ${address}`;
  const ports = portsOf(listeners);
  if (ports.length === 1) return `port ${ports[0]}`;
  const ranges = numberRanges(ports).split(',');
  const shown = [...ranges.slice(0, mostRanges), ...(ranges.length > mostRanges ? ['...'] : [])].join(', ');
  return `${ports.length} ports${of} (${shown})`;
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

function explain(code: string, holder: PortHolder | undefined, ports: number): string {
  const other = ports === 1 ? 'another port' : 'other ports';
  switch (code) {
    case 'EADDRINUSE':
      if (holder?.program === 'floatgate') return `held by floatgate, pid ${holder.pid}; is it running already?`;
      if (holder !== undefined) return `held by ${formatPortHolder(holder)}; end it or choose ${other}`;
      // A connection that this machine made may hold any port of ip_local_port_range until a minute after its end.
      return `held by another user's process or an outgoing connection; wait a minute or choose ${other}`;
    case 'EACCES':
    case 'EPERM':
      return `this user may not bind ${ports === 1 ? 'it' : 'them'}; choose ${other} from 1024 up`;
    case 'EADDRNOTAVAIL':
      return (
        'no interface of this machine has that address; ' +
        'name one with --bind, or wait for it with --wait-for-network'
      );
    case 'EMFILE':
    case 'ENFILE':
      return 'no file descriptor is free; raise the limit (ulimit -n)';
    default:
      return `the error of the system is ${code}`;
  }
}
