/** HTTP requests over connections that stay open: autocannon. */
import { once } from 'node:events';
import { createHistogram } from 'node:perf_hooks';
import autocannon from 'autocannon';
import { serve } from '../process/serve.ts';
import type { Endpoint } from './endpoint.ts';
import { httpBody } from './http-body.ts';
import { measureWindow, type WindowParams, type WindowResult } from './window.ts';

export interface KeepAliveLoad {
  run(params: WindowParams & { readonly to: Endpoint; readonly connections: number }): Promise<KeepAliveResult>;
}

interface KeepAliveResult extends WindowResult {
  /** Microseconds from request to answer. */
  readonly p50: number;
  readonly p99: number;
  /** Connection errors, time-outs, wrong bodies and statuses other than 200. */
  readonly wrong: number;
}

serve<KeepAliveLoad>({
  async run({ to, connections, ...window }) {
    let responses = 0;
    let wrongStatuses = 0;
    const times = createHistogram();
    const run = autocannon(
      {
        url: `http://${to.host}:${to.port}/`,
        connections,
        // Bounds the run; usually the window stops it before.
        duration: Math.ceil((window.warmUp + window.duration) / 1000) + 10,
        timeout: 5,
        sampleInt: 100,
        expectBody: httpBody,
      },
      () => {},
    );
    run.on('response', (_client, status, _bytes, milliseconds) => {
      if (status !== 200) {
        wrongStatuses += 1;
        return;
      }
      responses += 1;
      times.record(Math.max(1, Math.round(milliseconds * 1000)));
    });
    const done = once(run, 'done');
    const counted = await measureWindow(
      window,
      () => responses,
      () => times.reset(),
    );
    const [p50, p99] = [times.percentile(50), times.percentile(99)];
    run.stop();
    const result: autocannon.Result = (await done)[0];
    return {
      ...counted,
      p50,
      p99,
      wrong: result.errors + result.timeouts + result.mismatches + wrongStatuses,
    };
  },
});
