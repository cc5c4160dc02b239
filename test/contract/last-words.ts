import { describe, expect, it } from 'vitest';
import { findNodeInternals } from '../../src/engine/stream/node-internals.ts';
import { Bell } from './bell.ts';
import { clogClient, clogTarget } from './clog.ts';
import { type EngineUnderTest, mib } from './engine-under-test.ts';
import { digestOf, type Peer, payload, until } from './peer.ts';
import { Rig } from './rig.ts';

const internals = findNodeInternals();
const scratch = new Uint8Array(mib);

/** Reads all that has come for a peer, at once: Node itself would read in turns of the loop. */
function readAll(peer: Peer): void {
  while ((internals?.readNow(peer.socket, scratch) ?? 0) > 0);
}

/** What a target has said when a write that had to wait finds that it is gone. */
export function describeLastWords(engine: EngineUnderTest): void {
  const open = (): Promise<Rig> => Rig.open(engine.create({ waitingRoom: 8 }));
  const { inputAfterFailedWrite } = engine;

  describe(`${engine.name}: last words of a target that a waiting write finds reset are ${inputAfterFailedWrite}`, () => {
    it.each(['that still sends', 'that has finished'] as const)('for a client %s, 50 times', async (which) => {
      const rig = await open();
      const bell = await Bell.hang();
      const answer = payload(36_051);
      for (let round = 0; round < 50; round += 1) {
        const session = await rig.session();
        const { client, target, relay } = session;
        await clogTarget(session);
        if (which === 'that has finished') {
          client.finish();
          await until(() => client.socket.writableFinished, 'the FIN to be sent');
        }
        // The engine is told that there is room for its write; before it tries, the target speaks and is gone.
        bell.ring(() => {
          target.socket.write(answer.data);
          target.reset();
        });
        readAll(target);
        expect(await client.ending).toBe('reset');
        expect(await relay.done).toBe('target reset');
        if (inputAfterFailedWrite === 'kept') expect(client.digest()).toBe(answer.digest);
      }
    });

    it('for a client that takes nothing for now, with bytes in every buffer of both ways', async () => {
      const session = await (await open()).session();
      const { client, target, relay } = session;
      const { sent, acknowledged } = await clogClient(session);
      await clogTarget(session);
      target.reset();
      await until(() => relay.state === 'closing', 'the reset to be found');
      expect(relay.heldToClient).toBeLessThanOrEqual(engine.heldLimit);
      client.socket.resume();
      expect(await client.ending).toBe('reset');
      expect(await relay.done).toBe('target reset');
      if (inputAfterFailedWrite === 'kept') expect(client.received).toBeGreaterThanOrEqual(acknowledged);
      expect(client.digest()).toBe(digestOf(sent.subarray(0, client.received)));
    });
  });
}
