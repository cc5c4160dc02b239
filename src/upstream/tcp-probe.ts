import type { Socket } from 'node:net';
import type { PlannedTarget } from '../plan/plan.ts';
import { writeLocalHeader } from '../proxy-protocol/write-proxy-header.ts';
import type { Probe, ProbeOutcome } from './health-checks.ts';
import { type DialContext, type Dialer, TargetDial, type TargetDialed } from './target-dial.ts';
import { type TcpConnection, tcpConnect } from './tcp-connect.ts';

/** Milliseconds that a target which has answered may take to close: more than a busy sshd needs. */
const closing = 250;

/** A check by TCP connect, to the addresses that a session would dial. Resolves once its descriptor is closed. */
export function tcpProbe(context: DialContext): Probe {
  const dialer: Dialer<TcpConnection> = {
    ...context,
    lookedUpBy: 'check',
    connect: tcpConnect,
    drop: ({ socket }) => socket.destroy(),
  };
  return (target, { timeout, dialFrom }) => {
    const dial = new TargetDial(dialer, target, timeout, dialFrom);
    return { done: probe(dial.done, target), cancel: () => dial.cancel() };
  };
}

async function probe(
  dial: Promise<TargetDialed<TcpConnection>>,
  { proxyProtocol }: PlannedTarget,
): Promise<ProbeOutcome> {
  const dialed = await dial;
  if (dialed.ok) {
    await closePolitely(dialed.leg.socket, proxyProtocol);
    return { ok: true };
  }
  switch (dialed.reason) {
    case 'cancelled':
    case 'exhausted':
    case 'lookup not started':
      return 'not tried';
    default:
      return { ok: false, why: dialed.error?.message ?? dialed.reason };
  }
}

/**
 * Sends a FIN and discards what the server sends until it closes, too. A server takes an end without a byte for a
 * client that changed its mind, but a reset for an error: some log it, and a careless one dies of it. Closing at once
 * would answer the greeting of SSH or SMTP with a reset. A server that does not close soon gets the reset after all.
 */
function closePolitely(socket: Socket, proxyProtocol: PlannedTarget['proxyProtocol']): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) {
      resolve();
      return;
    }
    const timer = setTimeout(() => socket.destroy(), closing);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.resume();
    if (proxyProtocol === 'off') socket.end();
    else socket.end(writeLocalHeader(proxyProtocol));
  });
}
