import type { Agent, IncomingMessage, ServerResponse } from 'node:http';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import type { Endpoint } from '../../agents/endpoint.ts';
import type { Entry } from '../book.ts';
import type { Environment } from '../environment.ts';
import { Pattern, type Way } from '../pattern.ts';

/** Milliseconds without a sign of the other side. */
const patience = 30_000;
/** Set by the client: whose bytes are in the bodies, and how many are wanted. */
const header = { session: 'x-session', from: 'x-from', wanted: 'x-wanted' };

/** What a connection has carried so far; bodies go on in its pattern where the last one ended. */
export interface Carried {
  toTarget: number;
  toClient: number;
}

/** A request with a body, and its answer; every byte is checked. `onSocket` gets the socket that it takes. */
export function ask(
  environment: Environment,
  entry: Entry,
  to: Endpoint,
  agent: Agent | false,
  carried: Carried,
  onSocket: (socket: Socket) => void = () => {},
): Promise<void> {
  const random = environment.random({ ...entry, number: entry.number + carried.toTarget });
  const [posted, wanted] = [random.whole(1, 4_000), random.whole(1, 60_000)];
  return new Promise((resolve, reject) => {
    const asking = request({
      ...to,
      agent,
      method: 'POST',
      headers: {
        'content-length': posted,
        [header.session]: entry.number,
        [header.from]: `${carried.toTarget} ${carried.toClient}`,
        [header.wanted]: wanted,
      },
    });
    asking.setTimeout(patience, () => asking.destroy(new Error('no answer for 30 s')));
    asking.once('error', reject);
    asking.once('socket', onSocket);
    asking.once('response', (response) => {
      readBody(response, entry.number, 'to client', carried.toClient)
        .then((come) => {
          if (response.statusCode !== 200) throw new Error(`the target answers ${response.statusCode}`);
          if (come !== wanted) throw new Error(`${come} bytes of an answer of ${wanted} came`);
          environment.book.arrived(entry, posted + come);
          carried.toTarget += posted;
          carried.toClient += come;
          resolve();
        }, reject)
        .catch(reject);
    });
    writeBody(asking, entry.number, 'to target', carried.toTarget, posted);
  });
}

/** The target's side. */
export function answer(asked: IncomingMessage, response: ServerResponse): void {
  const session = Number(asked.headers[header.session]);
  const [toTarget = 0, toClient = 0] = String(asked.headers[header.from]).split(' ').map(Number);
  const wanted = Number(asked.headers[header.wanted]);
  readBody(asked, session, 'to target', toTarget).then(
    (come) => {
      response.writeHead(come === Number(asked.headers['content-length']) ? 200 : 400, { 'content-length': wanted });
      writeBody(response, session, 'to client', toClient, wanted);
    },
    () => response.writeHead(500, 'a wrong byte').end(),
  );
}

/** Its length. Throws on the first wrong byte, and when it is cut off. */
async function readBody(message: IncomingMessage, session: number, way: Way, from: number): Promise<number> {
  const pattern = new Pattern(session, way);
  let come = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    const wrong = pattern.mismatch(chunk, from + come);
    if (wrong !== undefined) throw new Error(`byte ${wrong} ${way} is wrong`);
    come += chunk.length;
  }
  return come;
}

function writeBody(
  to: { write(bytes: Buffer): void; end(): void },
  session: number,
  way: Way,
  from: number,
  count: number,
): void {
  const pattern = new Pattern(session, way);
  for (let done = 0; done < count; ) {
    const bytes = pattern.bytes(from + done, count - done);
    to.write(bytes);
    done += bytes.length;
  }
  to.end();
}
