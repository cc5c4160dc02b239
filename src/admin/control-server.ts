import { createServer, type IncomingMessage, type Server, ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { errnoOf } from '../base/errors.ts';
import { createApp, internalError, unreadableRequest } from './app.ts';
import type { GatewayControl } from './control.ts';
import type { ControlLimits } from './control-limits.ts';
import type { HttpModules } from './load-http.ts';
import { problem, problemType } from './problems.ts';
import { adminRoutes } from './routes.ts';

export interface ControlServer {
  readonly server: Server;
  /** Accepts nothing more; answers under way have a moment. Resolves when every connection is closed. */
  finish(): Promise<void>;
}

/** An HTTP server that does not listen yet, with bounds for all that a client can make it keep. */
export function createControlServer(
  http: HttpModules,
  control: GatewayControl,
  limits: ControlLimits,
  onBug: (error: unknown) => void,
): ControlServer {
  const app = createApp(http, { routes: adminRoutes(), control, mostBody: limits.body, onBug });
  const failed = (error: unknown): Response => {
    if (error instanceof http.RequestError) return unreadableRequest();
    onBug(error);
    return internalError();
  };
  const answer = http.getRequestListener(
    async (request, env) => {
      const response = await app.fetch(request, env);
      // A client that does not read is dropped; one that has read all is done before.
      if (env.outgoing instanceof ServerResponse) dropLater(env.incoming.socket, env.outgoing, limits.answerMs);
      return response;
    },
    { hostname: 'localhost', overrideGlobalObjects: false, errorHandler: failed },
  );
  /** Open connections, each with its requests under way. */
  const connections = new Map<Duplex, number>();
  let closing: Promise<void> | undefined;

  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { socket } = incoming;
    const underWay = (connections.get(socket) ?? 0) + 1;
    // Node reads on while requests wait for those before them, without a bound.
    if (underWay > limits.pipelined || closing !== undefined) {
      socket.destroy();
      return;
    }
    connections.set(socket, underWay);
    outgoing.once('close', () => {
      const left = connections.get(socket);
      if (left === undefined) return;
      connections.set(socket, left - 1);
      if (closing !== undefined && left === 1) socket.destroySoon();
    });
    // It says nothing on a Unix socket, and would be refused where it is no host name.
    incoming.headers.host = 'localhost';
    void answer(incoming, outgoing);
  };

  const options = {
    maxHeaderSize: limits.headers,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: Math.ceil(limits.headersMs / 5),
    requireHostHeader: false,
  };
  const server = createServer(options, onRequest);
  server.maxConnections = limits.connections;
  server.on('checkExpectation', onRequest);
  server.on('connection', (socket) => {
    connections.set(socket, 0);
    socket.once('close', () => connections.delete(socket));
  });
  server.on('clientError', (error, socket) => {
    if (!socket.writable || (connections.get(socket) ?? 0) > 0) socket.destroy(error);
    else socket.end(rawProblem(errnoOf(error)), () => socket.destroy());
  });

  const finish = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const [socket, underWay] of connections) if (underWay === 0) socket.destroy();
    const timer = setTimeout(() => server.closeAllConnections(), limits.closeMs);
    await closed;
    clearTimeout(timer);
  };
  return {
    server,
    finish: async () => {
      closing ??= finish();
      await closing;
    },
  };
}

function dropLater(socket: Duplex, outgoing: ServerResponse, milliseconds: number): void {
  if (outgoing.closed) return;
  const timer = setTimeout(() => socket.destroy(), milliseconds).unref();
  outgoing.once('close', () => clearTimeout(timer));
}

/** For a request that Node's parser has refused; there is no response object. */
function rawProblem(code: string | undefined): string {
  const [status, detail] = parserProblem(code);
  const body = JSON.stringify(problem(status, detail));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

function parserProblem(code: string | undefined): readonly [status: number, detail: string] {
  if (code === 'HPE_HEADER_OVERFLOW') return [431, 'Cannot read the request: its URL and headers are too long'];
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, 'Cannot wait any longer: the request is not complete'];
  return [400, 'Cannot read the request: it is not HTTP/1.1'];
}
