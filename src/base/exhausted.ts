/**
 * errno names of connect(2), and of bind(2) before it, where no local port is free towards a target
 * (ip_local_port_range, ip(7)).
 */
const portShortages: ReadonlySet<string> = new Set([
  'EADDRNOTAVAIL',
  // connect(2): "no more free local ports", or insufficient routing cache entries.
  'EAGAIN',
  // bind(2) of an address without a port: "all port numbers in the ephemeral port range are currently in use".
  'EADDRINUSE',
]);

/** errno names of shortages of this machine: descriptors, memory or local ports are used up. */
const shortages: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', ...portShortages]);

/** Whether a dial failed as no local port was free towards its target. @param code errno name */
export function isPortShortage(code: string): boolean {
  return portShortages.has(code);
}

/** Whether connect(2) or socket(2) failed for a lack of this machine's own. @param code errno name */
export function isExhausted(code: string): boolean {
  return shortages.has(code);
}
