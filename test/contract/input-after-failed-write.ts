import { describe, expect, it } from 'vitest';
import { findNodeInternals } from '../../src/engine/stream/node-internals.ts';
import { EngineFixture } from './engine-fixture.ts';
import { type EngineUnderTest, mib } from './engine-under-test.ts';
import { fillTowardsClient, fillTowardsTarget } from './full-buffers.ts';
import { LoopSignal } from './loop-signal.ts';
import { digestOf, type Peer, payload, until } from './peer.ts';

const internals = findNodeInternals();
const scratch = new Uint8Array(mib);

/** Reads all that has come for a peer, at once: Node itself would read in turns of the loop. */
function readAll(peer: Peer): void {
  while ((internals?.readNow(peer.socket, scratch) ?? 0) > 0);
}

/** Bytes that a target has sent when a write that had to wait finds that it has reset. */
export function describeInputAfterFailedWrite(engine: EngineUnderTest): void {
  const open = (): Promise<EngineFixture> => EngineFixture.open(engine.create({ waitingRoom: 8 }));
  const { inputAfterFailedWrite } = engine;

  describe(`${engine.name}: input of a target whose reset a waiting write finds is ${inputAfterFailedWrite}`, () => {
    it.each(['that still sends', 'that has finished'] as const)('for a client %s, 50 times', async (which) => {
      const fixture = await open();
      const signal = await LoopSignal.open();
      const answer = payload(36_051);
      for (let round = 0; round < 50; round += 1) {
        const session = await fixture.session();
        const { client, target, relay } = session;
        await fillTowardsTarget(session);
        if (which === 'that has finished') {
          client.finish();
          await until(() => client.socket.writableFinished, 'the FIN to be sent');
        }
        // Room for the engine's write is reported; before it tries, the target sends and resets.
        signal.send(() => {
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
      const { sent, acknowledged } = await fillTowardsClient(session);
      await fillTowardsTarget(session);
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
