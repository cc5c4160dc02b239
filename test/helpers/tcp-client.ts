import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { errnoOf } from '../../src/base/errors.ts';
import { until, within } from './until.ts';

/** A client that collects what it receives. Its socket is half-open: it may send after the other side's FIN. */
export interface Client {
  readonly socket: Socket;
  /** All that has come so far. */
  readonly received: () => string;
  /** The errno name of the error that ended it, or `null`. */
  readonly error: () => string | null;
  /** The other side's FIN has come. */
  readonly ended: () => boolean;
  /** Waits until the other side's FIN or an error. */
  readonly finished: () => Promise<{ readonly received: string; readonly error: string | null }>;
  /** Sends `text` and waits until it has come back. */
  readonly echoes: (text: string) => Promise<void>;
}

/** Starts to connect; an error is kept, not thrown. */
function startClient(port: number, host = '127.0.0.1'): Client {
  const socket = connect({ port, host, allowHalfOpen: true, noDelay: true, autoSelectFamily: false });
  let received = '';
  let error: string | null = null;
  let ended = false;
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    received += text;
  });
  socket.on('end', () => {
    ended = true;
  });
  socket.on('error', (cause) => {
    error = errnoOf(cause) ?? cause.message;
  });
  return {
    socket,
    received: () => received,
    error: () => error,
    ended: () => ended,
    async finished() {
      await until(`the end of the connection to port ${port}`, () => ended || error !== null || socket.destroyed);
      return { received, error };
    },
    async echoes(text) {
      const before = received.length;
      socket.write(text);
      await until(`an echo from port ${port}`, () => {
        if (error !== null) throw new Error(`Cannot see an echo from port ${port}: the connection ended with ${error}`);
        return received.length >= before + text.length;
      });
      if (received.slice(before) !== text)
        throw new Error(`Cannot take ${received.slice(before)} for an echo of ${text}`);
    },
  };
}

/** Connects; rejects when that fails. */
export async function openClient(port: number, host = '127.0.0.1'): Promise<Client> {
  const client = startClient(port, host);
  await within(`a connection to ${host} port ${port}`, once(client.socket, 'connect'));
  return client;
}

/** Connects, sends `text` and a FIN, and collects all that comes until the other side's FIN or an error. */
export async function ask(
  port: number,
  text = '',
  host = '127.0.0.1',
): Promise<{ received: string; error: string | null }> {
  const client = startClient(port, host);
  client.socket.end(text);
  const seen = await client.finished();
  client.socket.destroy();
  return seen;
}

/** Whether a connection is refused by the kernel, because nobody listens. */
export async function isRefused(port: number, host = '127.0.0.1'): Promise<boolean> {
  const socket = connect({ port, host, autoSelectFamily: false });
  try {
    await within('the outcome of a connect', once(socket, 'connect'));
    return false;
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    return code === 'ECONNREFUSED';
  } finally {
    socket.destroy();
  }
}
