import type { JoinedSession } from './engine-fixture.ts';
import { mib } from './engine-under-test.ts';
import { payload, unsent } from './peer.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Sends from the target to a client that does not read, until nothing moves any more: then there are bytes in every
 * buffer on the way. Those still in the target's own send queue would die with a reset; what was acknowledged must
 * arrive.
 */
export async function fillTowardsClient({
  client,
  target,
  relay,
}: JoinedSession): Promise<{ sent: Buffer; acknowledged: number }> {
  client.socket.pause();
  const { data } = payload(64 * mib);
  const chunk = 64 * 1024;
  let offset = 0;
  while (relay.heldToClient === 0 || target.socket.writableLength === 0 || unsent(target.socket) === 0) {
    if (target.socket.writableLength < chunk) {
      void target.send(data.subarray(offset, offset + chunk)).catch(() => {});
      offset += chunk;
    }
    await turn();
  }
  return { sent: data, acknowledged: offset - target.socket.writableLength - unsent(target.socket) };
}

/**
 * Sends from the client what a target that does not read cannot take, until a write to it is under way. The client's
 * kernel takes all of it: Node destroys a socket whose write fails, and this client is to read to the end.
 */
export async function fillTowardsTarget({ client, target, relay }: JoinedSession): Promise<void> {
  target.socket.pause();
  // Little enough for any receive buffer.
  const chunk = Buffer.alloc(32 * 1024, 'y');
  while (relay.heldToTarget === 0) {
    await client.send(chunk);
    await turn();
  }
}
