import { linkSync, lstatSync, unlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { errnoOf, messageOf } from '../base/errors.ts';
import { controlConnections } from '../plan/session-limit.ts';
import type { AppOptions } from './app.ts';
import { loadApp } from './load-app.ts';
import { problem, problemType } from './problem-details.ts';

export interface ControlSocketOptions extends AppOptions {
  /** Where it is bound; nothing may be there. */
  readonly path: string;
  readonly times?: Partial<ControlTimes>;
}

/** Milliseconds. */
interface ControlTimes {
  /** For the head of a request. */
  readonly headers: number;
  /** For all of a request. */
  readonly request: number;
  /** Without a byte either way: a client that says nothing, or does not read. */
  readonly silent: number;
  /** For answers under way at the end. */
  readonly ending: number;
}

const usualTimes: ControlTimes = { headers: 5_000, request: 10_000, silent: 10_000, ending: 500 };
const longestHead = 16 * 1024;

export interface ControlSocket {
  /** Stops listening, ends connections, and removes the socket. May be called twice. */
  close(): Promise<void>;
}

export type OpenedControlSocket =
  | { readonly ok: true; readonly socket: ControlSocket }
  /** `taken`: something is at the path by now. */
  | { readonly ok: false; readonly taken: boolean; readonly why: string };

/** Opens the control socket with mode 0600. What cannot be is a value: the gateway serves without it. */
export async function openControlSocket({ times, path, ...app }: ControlSocketOptions): Promise<OpenedControlSocket> {
  const { headers, request, silent, ending } = { ...usualTimes, ...times };
  const listener = await loadApp(app);
  const server = createServer(
    {
      headersTimeout: headers,
      requestTimeout: request,
      keepAliveTimeout: silent,
      maxHeaderSize: longestHead,
      connectionsCheckingInterval: Math.min(1_000, headers),
    },
    listener,
  );
  // The plan has reserved a descriptor for each.
  server.maxConnections = controlConnections;
  server.timeout = silent;
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else socket.end(badRequest(error));
  });
  const failure = await listenAt(server, path);
  if (failure !== undefined) {
    server.close();
    return { ok: false, taken: failure.taken, why: `Cannot open the control socket ${path}: ${failure.why}` };
  }
  // The gateway decides how long the process lives.
  server.unref();
  const bound = lstatSync(path, { throwIfNoEntry: false });
  let closed: Promise<void> | undefined;
  return {
    ok: true,
    socket: {
      close() {
        closed ??= close(server, sockets, ending).finally(() => {
          const now = lstatSync(path, { throwIfNoEntry: false });
          // Another gateway may have its own there by now.
          if (now !== undefined && now.ino === bound?.ino && now.dev === bound.dev) unlinkSync(path);
        });
        return closed;
      },
    },
  };
}

/**
 * Binds it so that nobody else can ever open it, and so that nothing is replaced. It is bound beside its path and then
 * linked there: libuv removes what is at the path that was bound, whoever has put it there by then.
 */
async function listenAt(server: Server, path: string): Promise<{ why: string; taken: boolean } | undefined> {
  const beside = join(dirname(path), `.${process.pid}`);
  const why = await listen(server, beside);
  if (why !== undefined) return { why, taken: false };
  try {
    linkSync(beside, path);
    return undefined;
  } catch (error) {
    return { why: messageOf(error), taken: errnoOf(error) === 'EEXIST' };
  } finally {
    unlinkSync(beside);
  }
}

/** Returns what keeps it from that. */
function listen(server: Server, path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    server.once('error', (error) => resolve(messageOf(error)));
    // bind(2) happens within the call, with the mode that is left by the mask (unix(7)).
    const mask = process.umask(0o177);
    try {
      server.listen(path, () => resolve(undefined));
    } finally {
      process.umask(mask);
    }
  });
}

async function close(server: Server, sockets: ReadonlySet<Socket>, ending: number): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const late = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, ending);
  await ended;
  clearTimeout(late);
}

/** For what is no HTTP. */
function badRequest(error: Error): string {
  const body = `${JSON.stringify(problem(400, `Cannot read the request: ${error.message}`))}\n`;
  const head = [
    'HTTP/1.1 400 Bad Request',
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${[...head, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`;
}
