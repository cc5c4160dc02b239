/** Half of a flood: connections to one listener, as many and as fast as this process can, without a word. */
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { serve } from '../process/serve.ts';
import type { Endpoint } from './endpoint.ts';

export interface FloodLoad {
  run(params: FloodParams): Promise<FloodCounts>;
}

interface FloodParams {
  readonly to: Endpoint;
  readonly attempts: number;
  /** Most that are open, or being opened, at once. */
  readonly atOnce: number;
  /** Milliseconds after which an attempt that is still there resets. */
  readonly hold: number;
}

export interface FloodCounts {
  /** Handshakes that the kernel has completed. */
  readonly connected: number;
  /** Reset or closed before their time. */
  readonly turnedAway: number;
  /** Most that were open at once. */
  readonly peak: number;
  readonly seconds: number;
}

/** Connects in one go, before the loop has its turn. */
const burst = 64;

serve<FloodLoad>({
  async run({ to, attempts, atOnce, hold }) {
    const begun = performance.now();
    let connected = 0;
    let turnedAway = 0;
    let going = 0;
    let open = 0;
    let peak = 0;

    function start(): void {
      going += 1;
      let state: 'connecting' | 'open' | 'leaving' = 'connecting';
      const socket = connect({ host: to.host, port: to.port });
      const timer = setTimeout(() => {
        if (state === 'open') open -= 1;
        state = 'leaving';
        socket.resetAndDestroy();
      }, hold);
      socket.once('connect', () => {
        state = 'open';
        connected += 1;
        open += 1;
        peak = Math.max(peak, open);
      });
      socket.on('error', () => socket.destroy());
      socket.once('end', () => socket.destroy());
      socket.resume();
      socket.once('close', () => {
        clearTimeout(timer);
        if (state === 'open') open -= 1;
        if (state !== 'leaving') turnedAway += 1;
        going -= 1;
      });
    }

    for (let started = 0; started < attempts || going > 0; ) {
      for (let count = 0; count < burst && started < attempts && going < atOnce; count += 1) {
        start();
        started += 1;
      }
      await delay(1);
    }
    return { connected, turnedAway, peak, seconds: (performance.now() - begun) / 1_000 };
  },
});
