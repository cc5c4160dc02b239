/** One long transfer, from the target or both ways, every byte of it checked. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { serve } from '../process/serve.ts';
import type { Endpoint } from './endpoint.ts';
import { PatternCheck, patternBlock } from './pattern.ts';
import { measureWindow, type WindowParams, type WindowResult } from './window.ts';

export type BulkMode = 'one way' | 'both ways';

export interface BulkLoad {
  /**
   * Measures; the unit of work is a byte, of both directions together. After its answer it sends no more, and reads
   * until the target ends the transfer.
   */
  run(params: WindowParams & { readonly to: Endpoint; readonly mode: BulkMode }): Promise<BulkResult>;
  /** What has come once the target has ended the transfer. */
  received(params: null): Promise<{ readonly bytes: number; readonly brokenAt?: number }>;
}

interface BulkResult extends WindowResult {
  readonly sent: number;
}

let received: BulkLoad['received'] = () => Promise.reject(new Error('Cannot count what has come: there was no run'));

serve<BulkLoad>({
  async run({ to, mode, ...window }) {
    const check = new PatternCheck();
    const socket = connect({
      host: to.host,
      port: to.port,
      noDelay: true,
      onread: {
        buffer: Buffer.alloc(256 * 1024),
        callback: (length, buffer) => {
          check.take(buffer, length);
          return true;
        },
      },
    });
    const closed = once(socket, 'close');
    // A reset shows as bytes that are missing, here or at the target.
    socket.on('error', () => {});
    closed.catch(() => {});
    await once(socket, 'connect');
    received = async () => {
      if (!socket.closed) await closed.catch(() => {});
      return { bytes: check.received, ...(check.brokenAt === undefined ? {} : { brokenAt: check.brokenAt }) };
    };

    let sent = 0;
    let accepted = 0;
    let sending = mode === 'both ways';
    const send = (): void => {
      if (!sending) return;
      sent += patternBlock.length;
      socket.write(patternBlock, (error) => {
        if (error) return;
        accepted += patternBlock.length;
        send();
      });
    };
    send();
    const counted = await measureWindow(window, () => accepted + check.received);
    sending = false;
    return { ...counted, sent };
  },
  received: (params) => received(params),
});
