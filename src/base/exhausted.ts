/** errno names that tell of this machine, not of whom it talks to: descriptors, memory or local ports are used up. */
const shortages: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  // No free local port towards this target (ip(7), ip_local_port_range).
  'EADDRNOTAVAIL',
  // connect(2): "no more free local ports", or insufficient routing cache entries.
  'EAGAIN',
]);

/** Whether connect(2) or socket(2) failed for a lack of this machine's own. @param code errno name */
export function isExhausted(code: string): boolean {
  return shortages.has(code);
}
