/**
 * HTTP with a connection per request. A small client of our own: autocannon either writes its next request into the
 * connection that the server is closing (`connection: close`) or does not count what it did (`reconnectRate: 1`).
 */
import { connect, type Socket } from 'node:net';
import { serve } from '../process/serve.ts';
import type { Endpoint } from './endpoint.ts';
import { httpBody } from './http-body.ts';
import { measureWindow, type WindowParams, type WindowResult } from './window.ts';

export interface ConnectionLoad {
  run(params: WindowParams & { readonly to: Endpoint; readonly atOnce: number }): Promise<ConnectionResult>;
}

interface ConnectionResult extends WindowResult {
  /** Requests answered over the whole run, warm-up included. */
  readonly answered: number;
  /** Connections that failed or brought another answer. */
  readonly wrong: number;
}

const request = Buffer.from('GET / HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n');
/** The longest pause without an answer, milliseconds. */
const patience = 5_000;

serve<ConnectionLoad>({
  async run({ to, atOnce, ...window }) {
    let answered = 0;
    let wrong = 0;
    let running = true;

    async function worker(): Promise<void> {
      while (running) {
        const answer = await fetchOnce(to);
        if (answer.startsWith('HTTP/1.1 200 ') && answer.endsWith(`\r\n\r\n${httpBody}`)) answered += 1;
        else wrong += 1;
        // A forwarder that refuses everything must not turn this into a storm.
        if (wrong > 1_000) return;
      }
    }

    const workers = Array.from({ length: atOnce }, worker);
    const counted = await measureWindow(window, () => answered);
    running = false;
    await Promise.all(workers);
    return { ...counted, answered, wrong };
  },
});

/** All that the server sent until it closed; empty when it failed. Never rejects. */
function fetchOnce(to: Endpoint): Promise<string> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ host: to.host, port: to.port, noDelay: true });
    let answer = '';
    let failed = false;
    socket.setTimeout(patience, () => socket.destroy(new Error('no answer')));
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', () => {
      failed = true;
    });
    socket.on('close', () => resolve(failed ? '' : answer));
    socket.write(request);
  });
}
