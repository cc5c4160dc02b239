/** The subnet of the stress run: echo servers on every host and service port. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { serve } from '../process/serve.ts';
import type { Endpoint } from './endpoint.ts';

export interface StressTargets {
  listen(params: { readonly at: readonly Endpoint[] }): Promise<null>;
  counts(params: null): Promise<TargetCounts>;
}

interface TargetCounts {
  readonly live: number;
  /** The most that were live at once. */
  readonly peak: number;
}

let live = 0;
let peak = 0;

function echo(socket: Socket): void {
  live += 1;
  peak = Math.max(peak, live);
  socket.on('data', (chunk) => socket.write(chunk));
  socket.on('error', () => socket.destroy());
  socket.once('close', () => {
    live -= 1;
  });
}

serve<StressTargets>({
  async listen({ at }) {
    for (const { host, port } of at) {
      const server = createServer({ noDelay: true }, echo);
      server.listen({ host, port, backlog: 256 });
      await once(server, 'listening');
    }
    return null;
  },
  async counts() {
    return { live, peak };
  },
});
