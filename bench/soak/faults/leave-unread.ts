import type { Random } from '../random.ts';
import type { Met, World } from '../world.ts';

/** Bytes that the buffers on the way take without their reader. */
const most = 512 * 1024;

/**
 * At random the target stops reading, with the client's bytes all along the way, for a reset that is to come. All are in
 * the kernel first: Node destroys a socket whose write fails, with all that it has not read. So it does with the stream
 * engine's own sockets (Known limit, src/README.md), and there the way is left empty.
 */
export async function leaveUnread({ gateway }: World, { client, target }: Met, random: Random): Promise<void> {
  const wanted = random.pick(['unread', 'none']) === 'unread';
  if (!wanted || gateway.engine === 'stream') return;
  target.socket.pause();
  await client.sendToKernel(random.whole(1, most));
}
