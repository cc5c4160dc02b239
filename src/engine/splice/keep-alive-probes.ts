/** Keepalive as in tcp(7): seconds, seconds, and a number of probes. */
export interface KeepAliveProbes {
  /** TCP_KEEPIDLE: silence until the first probe. */
  readonly idle: number;
  /** TCP_KEEPINTVL: between two probes. */
  readonly interval: number;
  /** TCP_KEEPCNT: unanswered probes until the connection is dead. */
  readonly count: number;
}

/** MAX_TCP_KEEPIDLE and MAX_TCP_KEEPINTVL of <net/tcp.h>, seconds. */
const longest = 32_767;
const mostProbes = 6;

/**
 * Probes that end an idle connection with a dead peer within `keepAlive` milliseconds: half of it in silence, then up
 * to 6 probes. The kernel counts in seconds, so that it takes 2 s at least.
 */
export function keepAliveProbes(keepAlive: number): KeepAliveProbes {
  const seconds = Math.max(2, Math.floor(keepAlive / 1000));
  const idle = Math.min(longest, Math.ceil(seconds / 2));
  const count = Math.min(mostProbes, seconds - idle);
  return { idle, count, interval: Math.min(longest, Math.max(1, Math.floor((seconds - idle) / count))) };
}
