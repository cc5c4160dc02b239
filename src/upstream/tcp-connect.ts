import { connect, type Socket } from 'node:net';
import type { SocketAddress } from '../base/address.ts';
import { errnoOf } from '../base/errors.ts';
import { isExhausted } from '../base/exhausted.ts';
import { checkPhaseTimer } from './check-phase-timer.ts';
import type { DialSource } from './dial-sources.ts';
import type { Connected, Connecting } from './target-dial.ts';

/** A connected socket of node:net that nothing was read from yet. */
export interface TcpConnection {
  readonly socket: Socket;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
}

type Failed = Extract<Connected<TcpConnection>, { ok: false }>;

/**
 * Connects by node:net, to an IP literal. A failure is reported once the descriptor is closed.
 *
 * @returns `cancel` destroys the socket, also one that has connected
 */
export function tcpConnect(
  to: SocketAddress,
  { timeout, from }: { readonly timeout: number; readonly from: DialSource },
): Connecting<TcpConnection> {
  const { address, port } = to;
  const local = from === undefined ? {} : { localAddress: from };
  const socket = connect({ host: address, port, autoSelectFamily: false, ...local });
  let failure: Failed | undefined;
  const fail = (reason: Failed['reason'], error?: Error): void => {
    failure ??= { ok: false, reason, ...(error !== undefined && { error }) };
    socket.destroy();
  };
  const cancelTimer = checkPhaseTimer(timeout, () =>
    fail('dial timed out', new Error(`no answer from ${address} within ${Math.round(timeout)} ms`)),
  );
  const done = new Promise<Connected<TcpConnection>>((resolve) => {
    socket.on('error', (error) => fail(reasonOf(error), error));
    socket.on('close', () => {
      cancelTimer();
      resolve(failure ?? { ok: false, reason: 'cancelled' });
    });
    socket.on('connect', () => {
      cancelTimer();
      const connection = { socket, local: localEnd(socket), remote: to };
      // A connection to a free port of this machine may get that very port as its own, and connect to itself.
      if (connection.local.port === port && socket.localAddress === socket.remoteAddress)
        fail('refused', new Error(`${address} is this machine, with no listener on that port`));
      else resolve({ ok: true, leg: connection });
    });
  });
  return { done, cancel: () => fail('cancelled') };
}

function localEnd({ localAddress = '', localPort = 0 }: Socket): SocketAddress {
  return { address: localAddress, port: localPort };
}

/** `refused` is an answer of the target; all else is about the way there, or about this machine. */
function reasonOf(error: Error): Failed['reason'] {
  const code = errnoOf(error) ?? '';
  if (isExhausted(code)) return 'exhausted';
  return code === 'ECONNREFUSED' || code === 'ECONNRESET' ? 'refused' : 'unreachable';
}
