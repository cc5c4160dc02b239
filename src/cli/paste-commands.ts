import { formatEndpoint } from '../base/address.ts';
import { contains, parseSubnet } from '../base/cidr.ts';
import type { MachineFacts } from '../base/machine-facts.ts';
import type { Plan, PlannedListener } from '../plan/plan.ts';
import { isLoopback } from '../plan/served.ts';

/** The host whose ports the tutorial, and so our examples, use; another one where it is not served. */
const favouriteHost = 16;

/** One command per service or forward, ready to paste: `ssh -p 30016 user@203.0.113.7`. */
export function pasteCommands(plan: Plan, facts: MachineFacts): readonly string[] {
  const names = [...new Set(plan.listeners.map(({ kind, name }) => `${kind} ${name}`))];
  return names.flatMap((name) => {
    const listeners = plan.listeners.filter((listener) => `${listener.kind} ${listener.name}` === name);
    const listener = listeners.find(({ host }) => host === favouriteHost) ?? listeners[0];
    return listener === undefined ? [] : [pasteCommand(listener, reachableAt(listener, plan, facts))];
  });
}

function pasteCommand({ bind: { port }, pool }: PlannedListener, address: string): string {
  const [target] = pool.targets;
  switch (target.port) {
    case 22:
      return `ssh -p ${port} user@${address}`;
    case 80:
    case 8080:
      return `curl http://${formatEndpoint(address, port)}/`;
    case 443:
    case 8443:
      return `curl -k https://${formatEndpoint(address, port)}/`;
    default:
      return `nc ${address} ${port}`;
  }
}

/**
 * Where a listener is reached: at a public address if one is known. A forward is tried at localhost, as its user mostly
 * sits at this machine. A service is tried at the machine's address in the subnet, or at another address of its own.
 */
function reachableAt({ bind, kind }: PlannedListener, plan: Plan, facts: MachineFacts): string {
  const wildcard = bind.address === '0.0.0.0' || bind.address === '::';
  const [publicAddress] = plan.publicAddresses;
  if (publicAddress !== undefined && !isLoopback(bind)) return publicAddress;
  if (kind === 'forward' && (wildcard || bind.address === '127.0.0.1')) return 'localhost';
  if (!wildcard) return bind.address;
  const ipv4 = facts.addresses.filter(({ family }) => family === 4);
  const subnet = plan.subnet === undefined ? undefined : parseSubnet(plan.subnet);
  const inSubnet = ipv4.find(({ address }) => subnet?.ok === true && contains(subnet.subnet, address));
  const routes = facts.routes === 'unreadable' ? [] : facts.routes;
  const defaultRoute = routes.find(({ prefix }) => prefix === 0)?.interface;
  const outward = ipv4.find((own) => own.interface === defaultRoute);
  const any = ipv4.find(({ address }) => !/^(127\.|169\.254\.)/.test(address));
  return (inSubnet ?? outward ?? any)?.address ?? '127.0.0.1';
}
