import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf } from '../../src/base/errors.ts';
import type { Endpoint } from '../agents/endpoint.ts';
import type { Book, Entry } from './book.ts';
import { End } from './end.ts';
import type { GatewayUnderSoak } from './gateway.ts';
import type { Layout, Service } from './layout.ts';
import { Pattern } from './pattern.ts';
import { Random } from './random.ts';
import type { SendQueue } from './send-queue.ts';
import { greeting, greetingLength } from './targets.ts';

/** Milliseconds for a session to reach its target: far longer than any stop of the gateway. */
const patience = 30_000;

/** Both ends of a session that has reached its target. */
export interface Met {
  readonly entry: Entry;
  readonly client: End;
  readonly target: End;
}

interface EnvironmentParts {
  readonly seed: number;
  readonly layout: Layout;
  readonly book: Book;
  readonly gateway: GatewayUnderSoak;
  readonly stopping: AbortSignal;
  readonly sendQueue: SendQueue;
}

/** What traffic and faults work with. */
export class Environment {
  readonly layout: Layout;
  readonly book: Book;
  readonly gateway: GatewayUnderSoak;
  /** Aborted when traffic has to come to its end. */
  readonly stopping: AbortSignal;
  readonly #seed: number;
  readonly #sendQueue: SendQueue;
  readonly #clients = new Set<Socket>();
  readonly #meetings = new Map<number, (socket: Socket, rest: Buffer) => void>();

  constructor(parts: EnvironmentParts) {
    this.layout = parts.layout;
    this.book = parts.book;
    this.gateway = parts.gateway;
    this.stopping = parts.stopping;
    this.#seed = parts.seed;
    this.#sendQueue = parts.sendQueue;
  }

  /** What a session does is a function of the seed, its kind and its number. */
  random({ number, kind }: Entry): Random {
    return new Random(this.#seed, number, ...Buffer.from(kind));
  }

  /** Sessions take the listeners of a service in turn. */
  listener({ listeners }: Service, { number }: Entry): Endpoint {
    const listener = listeners[number % listeners.length];
    if (listener === undefined) throw new Error('Cannot choose a listener: the service has none');
    return listener;
  }

  /** Waits, but not beyond the end of traffic. */
  async pause(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.stopping }).catch(() => {});
  }

  /** Connects to a listener of the gateway; resolves once the kernel has, which does not prove that it is served. */
  async connect(at: Endpoint, entry: Entry): Promise<Socket> {
    const socket = await this.tryToConnect(at, entry);
    if (socket === 'reset') throw new Error('it was reset at once');
    return socket;
  }

  /** The same for a client that may be reset at any time. */
  async tryToConnect(at: Endpoint, entry: Entry): Promise<Socket | 'reset'> {
    entry.listener = `${at.host}:${at.port}`;
    const socket = connect({ ...at, allowHalfOpen: true, noDelay: true });
    // Never removed: the user of the socket learns of errors in another way.
    socket.on('error', () => {});
    this.#clients.add(socket);
    socket.once('close', () => this.#clients.delete(socket));
    const outcome = await new Promise<'connected' | 'reset'>((resolve, reject) => {
      socket.once('connect', () => resolve('connected'));
      socket.once('error', (error) => (errnoOf(error) === 'ECONNRESET' ? resolve('reset') : reject(error)));
    });
    if (outcome === 'reset') return 'reset';
    entry.client = `${socket.localAddress}:${socket.localPort}`;
    return socket;
  }

  clientEnd(socket: Socket, { number }: Entry): End {
    const [sends, expects] = [new Pattern(number, 'to target'), new Pattern(number, 'to client')];
    return new End(socket, `session ${number}'s client`, sends, expects, this.#sendQueue);
  }

  /** Connects, sends its number, and waits until the target has read it. */
  async meet(entry: Entry, at: Endpoint = this.listener(this.layout.raw, entry)): Promise<Met> {
    const { number } = entry;
    const socket = await this.connect(at, entry);
    const client = this.clientEnd(socket, entry);
    const target = await new Promise<End>((resolve, reject) => {
      const giveUp = (): void => {
        clearTimeout(timer);
        if (!this.#meetings.delete(number)) return;
        socket.destroy();
        reject(new Error(`session ${number} cannot reach its target: ${client.ending ?? 'its number did not arrive'}`));
      };
      const timer = setTimeout(giveUp, patience);
      socket.once('close', giveUp);
      this.#meetings.set(number, (peer, rest) => {
        clearTimeout(timer);
        const [sends, expects] = [new Pattern(number, 'to client'), new Pattern(number, 'to target')];
        const end = new End(peer, `session ${number}'s target`, sends, expects, this.#sendQueue);
        if (rest.length > 0) end.take(rest);
        resolve(end);
      });
      socket.write(greeting(number));
    });
    return { entry, client, target };
  }

  /** A target has read a session's number. */
  arrived(number: number, socket: Socket, rest: Buffer): void {
    const meeting = this.#meetings.get(number);
    this.#meetings.delete(number);
    if (meeting === undefined) socket.resetAndDestroy();
    else meeting(socket, rest);
  }

  /** Ends what has not ended by itself: sessions that have failed. */
  close(): void {
    for (const socket of this.#clients) socket.destroy();
  }

  /** Both ends have sent all: every byte of the other must be there, and then a FIN. */
  async endsClean({ entry, client, target }: Met): Promise<void> {
    await Promise.all([client.endsClean(target.sent), target.endsClean(client.sent)]);
    this.book.arrived(entry, client.received + target.received);
    entry.bytes = { toTarget: client.sent + greetingLength, toClient: target.sent };
  }
}
