import { expect, onTestFinished } from 'vitest';
import type { Acceptor, Leg } from '../../../src/engine/engine.ts';
import { StreamEngine } from '../../../src/engine/stream/stream-engine.ts';
import { connectPeer, type Peer } from '../../contract/peer.ts';

/** An acceptor with its figures, which the test sets. */
export interface OpenAcceptor {
  readonly acceptor: Acceptor;
  /** Who has come in. */
  readonly legs: Leg[];
  readonly is: { places: number; busy: boolean; strange: boolean };
  readonly counts: { turnedAway: number; strangers: number };
  connect(): Promise<Peer>;
  connectAll(count: number): Promise<Peer[]>;
  /** Local ports of those who have come in, in order. */
  ports(): (number | undefined)[];
}

export function openEngine(waitingRoom = 4): StreamEngine {
  const engine = new StreamEngine({ waitingRoom });
  onTestFinished(() => engine.shutDown());
  return engine;
}

export async function openAcceptor(engine: StreamEngine, places: number): Promise<OpenAcceptor> {
  const legs: Leg[] = [];
  const is = { places, busy: false, strange: false };
  const counts = { turnedAway: 0, strangers: 0 };
  const listening = await engine.listen(
    { address: '127.0.0.1', port: 0, dualStack: false },
    {
      room: () => {
        if (legs.length >= is.places) return 'none';
        return is.busy && legs.length > 0 ? 'paced' : 'free';
      },
      mayWait: ({ ip }) => {
        expect(ip).toBe(0x7f00_0001);
        if (is.strange) counts.strangers += 1;
        return !is.strange;
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
  const connect = (): Promise<Peer> => connectPeer(acceptor.local.port);
  return {
    acceptor,
    legs,
    is,
    counts,
    connect,
    async connectAll(count) {
      const peers: Peer[] = [];
      // One after the other: their order is that of the kernel's queue.
      for (let index = 0; index < count; index += 1) peers.push(await connect());
      return peers;
    },
    ports: () => legs.map(({ remote }) => remote.port),
  };
}

export const portsOf = (peers: readonly Peer[]): (number | undefined)[] => peers.map(({ socket }) => socket.localPort);

/** Lets the loop turn so often that whoever can be accepted has been. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
