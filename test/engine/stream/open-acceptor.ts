import { createConnection } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { errnoOf } from '../../../src/base/errors.ts';
import type { Acceptor, Leg, Room } from '../../../src/engine/engine.ts';
import { StreamEngine } from '../../../src/engine/stream/stream-engine.ts';
import { connectPeer, type Peer, until } from '../../contract/peer.ts';

/** A listener with its figures, which the test sets. */
export interface OpenAcceptor {
  readonly acceptor: Acceptor;
  /** Sessions, in the order in which they began. */
  readonly legs: Leg[];
  /** `places`: sessions at once. `clients`: whether new clients may wait. */
  readonly is: { places: number; room: Exclude<Room, 'none'>; clients: 'allowed' | 'denied' };
  readonly counts: { turnedAway: number; denied: number };
  connect(): Promise<Peer>;
  /** Connects clients one after the other, so that their order is known. */
  connectAll(count: number): Promise<Peer[]>;
  /** Connects a client, and returns once it waits. */
  wait(): Promise<Peer>;
  /** How one more client ends, which may be reset before it is connected. */
  endOfNext(): Promise<string | undefined>;
  /** The clients' ports of all sessions, in order. */
  ports(): (number | undefined)[];
}

export function openEngine(waitingRoom = 4): StreamEngine {
  const engine = new StreamEngine({ waitingRoom });
  onTestFinished(() => engine.shutDown());
  return engine;
}

export async function openAcceptor(engine: StreamEngine, places: number): Promise<OpenAcceptor> {
  const legs: Leg[] = [];
  const is: OpenAcceptor['is'] = { places, room: 'free', clients: 'allowed' };
  const counts = { turnedAway: 0, denied: 0 };
  const listening = await engine.listen(
    { address: '127.0.0.1', port: 0, dualStack: false },
    {
      room: () => (legs.length >= is.places ? 'none' : is.room),
      mayWait: ({ ip }) => {
        expect(ip).toBe(0x7f00_0001);
        if (is.clients === 'denied') counts.denied += 1;
        return is.clients === 'allowed';
      },
      onTurnedAway: () => {
        counts.turnedAway += 1;
      },
      onClient: (leg) => {
        legs.push(leg);
        onTestFinished(() => engine.close(leg, 'rst'));
      },
    },
  );
  if (!listening.ok) throw listening.error;
  const { acceptor } = listening;
  onTestFinished(() => acceptor.close());
  const { port } = acceptor.local;
  return {
    acceptor,
    legs,
    is,
    counts,
    connect: () => connectPeer(port),
    async connectAll(count) {
      const peers: Peer[] = [];
      for (let index = 0; index < count; index += 1) peers.push(await connectPeer(port));
      return peers;
    },
    async wait() {
      const before = engine.waiting;
      const peer = await connectPeer(port);
      await until(() => engine.waiting === before + 1, 'the client to wait');
      return peer;
    },
    endOfNext: () =>
      new Promise((resolve) => {
        const socket = createConnection({ host: '127.0.0.1', port });
        socket.once('error', (error) => resolve(errnoOf(error)));
        socket.once('end', () => resolve('end'));
        socket.resume();
      }),
    ports: () => legs.map(({ remote }) => remote.port),
  };
}

export const portsOf = (peers: readonly Peer[]): (number | undefined)[] => peers.map(({ socket }) => socket.localPort);
