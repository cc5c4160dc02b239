import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { isLiteral } from '../base/address.ts';
import { errnoOf } from '../base/errors.ts';
import { isExhausted } from '../base/exhausted.ts';
import type { PlannedTarget } from '../plan/plan.ts';
import { writeLocalHeader } from '../proxy-protocol/write-proxy-header.ts';
import type { DialSource } from './dial-sources.ts';
import type { CheckOutcome } from './pool.ts';
import type { Probe } from './probe.ts';
import type { Resolved } from './resolved.ts';
import type { Resolver } from './resolver.ts';

type Outcome = CheckOutcome | 'not tried';

/** How long a target that has answered may take to close, milliseconds: more than a busy sshd, and short beside an interval. */
const closing = 250;

/**
 * A check by TCP connect: looks the name up as sessions do, and walks its addresses, each with an equal share of the
 * time left. No descriptor is left when it resolves.
 *
 * @param mayDial says why an address must not be dialed, `undefined` where it may be; `host` is what the plan names
 */
export function tcpProbe(
  resolver: Resolver,
  mayDial: (address: string, port: number, host: string) => string | undefined,
): Probe {
  return async (target, { timeout, signal, dialFrom }) => {
    const { host, port } = target;
    const deadline = performance.now() + timeout;
    const resolved = await resolve(resolver, host, timeout, signal);
    if (resolved === 'cancelled') return 'not tried';
    if (!resolved.ok) return resolved.reason === 'not asked' ? 'not tried' : failureOf(resolved.error);

    let outcome: Outcome = { ok: false, why: `${host} has no address` };
    const addresses = resolver.silentAddresses.order(resolved.addresses, port);
    for (const [index, address] of addresses.entries()) {
      if (signal.aborted) return 'not tried';
      const forbidden = mayDial(address, port, host);
      const share = Math.max(1, (deadline - performance.now()) / (addresses.length - index));
      const began = performance.now();
      outcome =
        forbidden === undefined
          ? await tryAddress(address, target, share, signal, dialFrom?.order(address)[0])
          : { ok: false, why: forbidden };
      if (addresses.length > 1 && outcome !== 'not tried' && forbidden === undefined) {
        const answer = !outcome.ok && performance.now() - began >= share ? 'silent' : 'answered';
        resolver.silentAddresses.dialed(address, port, answer, { share, fair: timeout / addresses.length });
      }
      if (outcome === 'not tried' || outcome.ok) break;
    }
    return outcome;
  };
}

/** Checks take places for lookups that sessions leave free (`LookupQueue`). */
async function resolve(
  resolver: Resolver,
  host: string,
  timeout: number,
  signal: AbortSignal,
): Promise<Resolved | 'cancelled'> {
  if (isLiteral(host)) return { ok: true, addresses: [host] };
  const resolving = resolver.resolve(host, timeout, 'check');
  const giveUp = (): void => resolving.cancel();
  signal.addEventListener('abort', giveUp);
  if (signal.aborted) giveUp();
  try {
    return await resolving.done;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

function tryAddress(
  address: string,
  { port, proxyProtocol }: PlannedTarget,
  timeout: number,
  signal: AbortSignal,
  from: DialSource,
): Promise<Outcome> {
  return new Promise((settle) => {
    // The first cause wins; 'close' is when the descriptor is gone.
    let outcome: Outcome | undefined;
    const end = (cause: Outcome): void => {
      outcome ??= cause;
      socket.destroy();
    };
    const giveUp = (): void => end('not tried');
    const late: Outcome = { ok: false, why: `no answer from ${address} within ${Math.round(timeout)} ms` };
    // In the check phase: after the process was stopped for a while (SIGSTOP), an answer that has come meanwhile is
    // seen before it is called late.
    const timer = setTimeout(() => setImmediate(end, late), timeout);
    signal.addEventListener('abort', giveUp);

    let lingering: NodeJS.Timeout | undefined;
    const local = from === undefined ? {} : { localAddress: from };
    const socket = connect({ host: address, port, autoSelectFamily: false, ...local });
    socket.on('error', (error) => end(failureOf(error)));
    socket.on('close', () => {
      clearTimeout(timer);
      clearTimeout(lingering);
      signal.removeEventListener('abort', giveUp);
      settle(outcome ?? 'not tried');
    });
    socket.on('connect', () => {
      // A dial to a free port of this machine may be given that very port as its own, and connect to itself.
      if (socket.localPort === port && socket.localAddress === socket.remoteAddress) {
        return end({ ok: false, why: `${address} is this machine, and nobody listens` });
      }
      outcome ??= { ok: true };
      // A FIN, and then what the server says is read away until it closes too: it takes an end without a byte for a client
      // that thought better of it, and a reset for an error, which some log and a careless one dies of. close(2) at once
      // would answer the greeting of SSH or SMTP with a reset. One that does not close soon gets that after all. HAProxy's
      // plain checks do reset, but hold back the last packet of the handshake (CONNECT_DELACK_ALWAYS, TCP_QUICKACK off), so
      // that the server never sees them; Node cannot. The price is a socket in TIME_WAIT for a minute, 12 a target with an
      // interval of 5 s.
      lingering = setTimeout(() => socket.destroy(), closing);
      socket.resume();
      if (proxyProtocol === 'off') socket.end();
      else socket.end(writeLocalHeader(proxyProtocol));
    });
  });
}

function failureOf(error: Error): Outcome {
  return isExhausted(errnoOf(error) ?? '') ? 'not tried' : { ok: false, why: error.message };
}
