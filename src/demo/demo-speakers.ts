import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { Socket } from 'node:net';
import { unmapped } from '../base/address.ts';
import { makeDemoCertificate } from './demo-certificate.ts';

/** Speaks with a client that has connected to a demo host; knows the host by the socket's own address. */
export type Speaker = (socket: Socket) => void;

export const demoServices = ['ssh', 'http', 'https'] as const;
export type DemoService = (typeof demoServices)[number];

/** Milliseconds that a client may stay without a word. */
const patience = 30_000;

/** One speaker per service: a greeting, an HTTP page and an HTTPS page, each naming its host. */
export function demoSpeakers(): Readonly<Record<DemoService, Speaker>> {
  // One server speaks for all hosts: sockets are handed to it as 'connection' events, which both modules document.
  const http = createHttp({ keepAliveTimeout: patience, requestTimeout: patience }, page('HTTP'));
  const https = createHttps(
    { ...makeDemoCertificate(), keepAliveTimeout: patience, requestTimeout: patience },
    page('HTTPS'),
  );
  https.on('tlsClientError', (_, socket) => socket.destroy());
  return {
    ssh: greet,
    http: (socket) => void http.emit('connection', socket),
    https: (socket) => void https.emit('connection', socket),
  };
}

function greet(socket: Socket): void {
  socket.setTimeout(patience, () => socket.destroy());
  // Reading on is what lets the socket see the client's FIN.
  socket.resume();
  socket.end(`Hello from ${hostName(socket)}, where an SSH server would answer\r\n`);
}

/** `host 16 (127.0.20.16)` */
function hostName(socket: Socket): string {
  const address = unmapped(socket.localAddress ?? '');
  return `host ${address.split('.').at(-1)} (${address})`;
}

function page(scheme: string): RequestListener {
  return (request, response) => {
    response.setHeader('content-type', 'text/plain; charset=utf-8');
    response.end(`Hello over ${scheme} from ${hostName(request.socket)}\n`);
  };
}
