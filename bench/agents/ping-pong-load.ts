/** One byte there and back, over one connection. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { createHistogram } from 'node:perf_hooks';
import { serve } from '../process/serve.ts';
import type { Endpoint } from './endpoint.ts';
import { measureWindow, type WindowParams, type WindowResult } from './window.ts';

export interface PingPongLoad {
  run(params: WindowParams & { readonly to: Endpoint }): Promise<PingPongResult>;
}

interface PingPongResult extends WindowResult {
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers that were not the byte sent. */
  readonly wrong: number;
}

serve<PingPongLoad>({
  async run({ to, ...window }) {
    const times = createHistogram();
    const out = Buffer.alloc(1);
    let trips = 0;
    let wrong = 0;
    let startedAt = 0n;
    const socket = connect({
      host: to.host,
      port: to.port,
      noDelay: true,
      onread: {
        buffer: Buffer.alloc(64),
        callback: (length, buffer) => {
          if (length !== 1 || buffer[0] !== out[0]) wrong += 1;
          trips += 1;
          times.record(process.hrtime.bigint() - startedAt);
          out[0] = trips & 0xff;
          startedAt = process.hrtime.bigint();
          socket.write(out);
          return true;
        },
      },
    });
    await once(socket, 'connect');
    let failure: Error | undefined;
    socket.on('error', (error) => {
      failure = error;
    });
    startedAt = process.hrtime.bigint();
    socket.write(out);
    const counted = await measureWindow(
      window,
      () => trips,
      () => times.reset(),
    );
    socket.destroy();
    if (failure !== undefined) throw failure;
    if (counted.units === 0) throw new Error('Cannot measure round trips: none came back');
    return { ...counted, p50: times.percentile(50) / 1000, p99: times.percentile(99) / 1000, wrong };
  },
});
