import type { SocketOptions } from './socket-options.ts';

/** A living peer never leaves as many probes of a closed window unanswered. */
const fewProbes = 2;

/**
 * Whether the peer has been silent for `keepAlive` milliseconds though it should acknowledge data: keepalive does not
 * run while data is in flight. A peer that does not read answers every window probe, however rare those become (up to
 * 120 s apart, tcp_rto_max). TCP_USER_TIMEOUT would end it.
 */
export function isPeerDead(options: SocketOptions, fd: number, keepAlive: number): boolean {
  const info = options.tcpInfo(fd);
  if (info === undefined || info.sinceAcknowledgement < keepAlive) return false;
  return (info.unacknowledged > 0 && info.retransmits > 0) || info.probes >= fewProbes;
}
