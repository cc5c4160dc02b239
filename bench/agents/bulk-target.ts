/** Sends the pattern from accept until `finish`, and checks what comes meanwhile. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { serve } from '../process/serve.ts';
import type { Endpoint } from './endpoint.ts';
import { PatternCheck, patternBlock } from './pattern.ts';

export interface BulkTarget {
  listen(at: Endpoint): Promise<null>;
  /**
   * Ends the transfer that is under way: waits until `expected` bytes have come, sends no more, then FIN. In this order
   * because the naive forwarder knows no half-close: an end on one side ends the other.
   */
  finish(params: { readonly expected: number }): Promise<Transfer>;
}

interface Transfer {
  readonly sent: number;
  readonly received: number;
  /** Where the bytes that came went wrong. */
  readonly brokenAt?: number;
}

let finish: BulkTarget['finish'] = () => Promise.reject(new Error('Cannot finish a transfer: there is none'));

const server = createServer({ noDelay: true }, (socket) => {
  finish = transfer(socket);
});

/** Starts to send; the answer ends it. */
function transfer(socket: Socket): BulkTarget['finish'] {
  const check = new PatternCheck();
  let sent = 0;
  let sending = true;
  const send = (): void => {
    if (!sending) return;
    sent += patternBlock.length;
    socket.write(patternBlock, (error) => {
      if (!error) send();
    });
  };
  socket.on('data', (chunk) => check.take(chunk, chunk.length));
  // A reset shows as bytes that are missing on the other side.
  socket.on('error', () => {});
  send();
  return async ({ expected }) => {
    while (check.received < expected && !socket.destroyed) await once(socket, 'data');
    sending = false;
    socket.end();
    if (!socket.closed) await once(socket, 'close');
    return {
      sent,
      received: check.received,
      ...(check.brokenAt === undefined ? {} : { brokenAt: check.brokenAt }),
    };
  };
}

serve<BulkTarget>({
  async listen({ host, port }) {
    server.listen({ host, port });
    await once(server, 'listening');
    return null;
  },
  finish: (params) => finish(params),
});
