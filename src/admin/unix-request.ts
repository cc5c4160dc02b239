import { errnoOf, messageOf } from '../base/errors.ts';

export interface UnixRequest {
  /** Of the socket. */
  readonly path: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** With its query. */
  readonly route: string;
  readonly body?: object;
  /** Milliseconds for all of it. */
  readonly deadline: number;
}

export type UnixAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly text: string }
  | { readonly kind: 'late' }
  /** `code` is an errno name: ENOENT, ECONNREFUSED, EACCES. */
  | { readonly kind: 'failed'; readonly code: string | undefined; readonly message: string };

/** Bytes of an answer; a page has 200 rows. */
const longest = 64 * 2 ** 20;

/** Sends one HTTP request over a Unix socket. It never rejects. */
export async function unixRequest(asked: UnixRequest): Promise<UnixAnswer> {
  const signal = AbortSignal.timeout(asked.deadline);
  try {
    return await exchange(asked, signal);
  } catch (error) {
    if (signal.aborted) return { kind: 'late' };
    return { kind: 'failed', code: errnoOf(error), message: messageOf(error) };
  }
}

async function exchange({ path, method, route, body }: UnixRequest, signal: AbortSignal): Promise<UnixAnswer> {
  // Loaded here, as that takes longer than all of the command line: commands that serve do without.
  const { request } = await import('node:http');
  const sent = body === undefined ? undefined : JSON.stringify(body);
  return await new Promise((resolve, reject) => {
    // No agent: the connection ends with the answer, and does not keep the process.
    const outgoing = request({
      socketPath: path,
      path: route,
      method,
      agent: false,
      signal,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(sent !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) }),
      },
    });
    outgoing.once('error', reject).once('response', (incoming) => {
      const chunks: Buffer[] = [];
      let length = 0;
      incoming.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length > longest) incoming.destroy(new Error(`the answer is longer than ${longest} bytes`));
      });
      incoming.once('error', reject).once('end', () => {
        resolve({ kind: 'answered', status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
      });
    });
    outgoing.end(sent);
  });
}
