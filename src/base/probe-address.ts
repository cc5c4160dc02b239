import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { errnoOf } from './errors.ts';

/**
 * Binds a UDP socket to an address of this machine and closes it again; nothing is sent. As far as the address is
 * concerned, a listener could be bound there, too: the kernel knows tentative IPv6 addresses, AnyIP and
 * ip_nonlocal_bind.
 *
 * @returns the errno name of what fails (bind(2), socket(2)), or `undefined`.
 */
export function probeAddress(address: string): string | undefined {
  let why: string | undefined;
  // Its own lookup calls back at once, so that all of it happens in this turn. Node's would come in a later one.
  const socket = createSocket({
    type: isIPv6(address) ? 'udp6' : 'udp4',
    lookup: (_hostname, _options, found) => found(null, address, isIPv6(address) ? 6 : 4),
  });
  socket.on('error', (error) => {
    why ??= errnoOf(error) ?? 'EINVAL';
  });
  try {
    socket.bind({ address, port: 0, exclusive: true });
  } catch (error) {
    why ??= errnoOf(error);
  }
  socket.close();
  return why;
}

/** Errors of socket(2) where AF_INET6 is not built, is switched off (`ipv6.disable=1`), or is refused by seccomp(2). */
const noSocket: readonly string[] = ['EAFNOSUPPORT', 'EPERM', 'EACCES', 'ENOSYS', 'EPROTONOSUPPORT'];

/** Whether IPv6 sockets can be made; an interface need not have an IPv6 address. */
export function canMakeIpv6Sockets(probe: typeof probeAddress = probeAddress): boolean {
  const why = probe('::1');
  return why === undefined || !noSocket.includes(why);
}

/** Whether nothing can listen on an address because no interface holds it yet. `probe` as for `canMakeIpv6Sockets`. */
export function isMissing(address: string, probe: typeof probeAddress = probeAddress): boolean {
  // The latter two: the interface in the zone of fe80::1%eth0 does not exist yet.
  return ['EADDRNOTAVAIL', 'ENODEV', 'EINVAL'].includes(probe(address) ?? '');
}
