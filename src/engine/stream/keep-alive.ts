/** libuv fixes TCP_KEEPINTVL at 1 s and TCP_KEEPCNT at 10 (uv_tcp_keepalive): the probes take this long, milliseconds. */
const probing = 10_000;

/** TCP_KEEPIDLE, milliseconds, such that a dead peer is gone within about `keepAlive` milliseconds. */
export function keepAliveDelay(keepAlive: number): number {
  return Math.max(1000, keepAlive - probing);
}
