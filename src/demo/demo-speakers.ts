import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { Socket } from 'node:net';
import { unmapped } from '../base/address.ts';
import { selfSigned } from '../base/self-signed.ts';

/** Answers a client of a demo host; the socket's own address is that of the host. */
export type Speaker = (socket: Socket) => void;

export const demoServices = ['ssh', 'http', 'https'] as const;
export type DemoService = (typeof demoServices)[number];

/** Milliseconds that an HTTP client may stay without a byte. */
const patience = 30_000;
/** Milliseconds after which a client of the ssh service that sends nothing is taken for nc, and has seen all. */
const silence = 500;
/** Milliseconds that the certificate is valid. It is made at the start; nothing is kept or trusted. */
const certificateLifetime = 7 * 86_400_000;

/** One speaker per service: a greeting to ssh(1) or nc, an HTTP page and an HTTPS page, each naming its host. */
export function demoSpeakers(): Readonly<Record<DemoService, Speaker>> {
  // One server speaks for all hosts: sockets are handed to it as 'connection' events, which both modules document.
  const http = createHttp({ keepAliveTimeout: patience, requestTimeout: patience }, page('HTTP'));
  const certificate = selfSigned({
    name: 'floatgate demo',
    hosts: ['localhost', '127.0.0.1'],
    lifetime: certificateLifetime,
  });
  const https = createHttps({ ...certificate, keepAliveTimeout: patience, requestTimeout: patience }, page('HTTPS'));
  https.on('tlsClientError', (_, socket) => socket.destroy());
  return {
    ssh: greet,
    http: (socket) => void http.emit('connection', socket),
    https: (socket) => void https.emit('connection', socket),
  };
}

/**
 * A server may send lines before its version (RFC 4253, 4.2), which nc shows. ssh(1) shows the description of a
 * disconnect, which may come before any keys are exchanged.
 */
function greet(socket: Socket): void {
  const hello = `Hello from ${hostName(socket)}`;
  socket.write(`${hello}, where an SSH server would answer\r\nSSH-2.0-floatgate_demo\r\n`);
  socket.setTimeout(silence, () => socket.end());
  socket.on('data', (data) => {
    if (data.subarray(0, 4).toString('latin1') === 'SSH-') socket.end(sshDisconnect(hello));
  });
}

/** SSH_MSG_DISCONNECT, reason BY_APPLICATION, as a packet without encryption (RFC 4253, 6 and 11.1). */
function sshDisconnect(description: string): Buffer {
  const text = Buffer.from(description);
  const payload = Buffer.alloc(13 + text.length);
  payload.writeUInt8(1, 0);
  payload.writeUInt32BE(11, 1);
  payload.writeUInt32BE(text.length, 5);
  // The language tag at the end is empty: its length is zero.
  text.copy(payload, 9);
  // Length, padding length, payload and padding are a multiple of 8; the padding is 4 or more.
  const padding = 11 - ((payload.length + 5 + 3) % 8);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + payload.length + padding, 0);
  head.writeUInt8(padding, 4);
  return Buffer.concat([head, payload, Buffer.alloc(padding)]);
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
