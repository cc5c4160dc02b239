import type { Environment, Met } from '../environment.ts';
import type { Random } from '../random.ts';

/** Bytes that the buffers on the way take without their reader. */
const most = 512 * 1024;

/**
 * At random the target stops reading before a reset, with the client's bytes all along the way. All of them are in the
 * kernel first: Node destroys a socket whose write fails, with all that it has not read.
 */
export async function leaveUnread(_: Environment, { client, target }: Met, random: Random): Promise<void> {
  if (random.pick(['unread', 'none']) === 'none') return;
  target.socket.pause();
  await client.sendToKernel(random.whole(1, most));
}
