import { connect } from 'node:net';
import { errnoOf } from '../base/errors.ts';

/** `live`: somebody accepts, or the queue is full; `stale`: nobody listens any more; `closed`: not open to us. */
export type SocketState = 'live' | 'stale' | 'absent' | 'closed';

/** Milliseconds; connect(2) to a Unix socket never waits, so this is for a machine that has stopped. */
const patience = 2_000;

/** Connects to a Unix socket, and closes at once. Never rejects. */
export async function probeSocket(path: string): Promise<SocketState> {
  return await new Promise((resolve) => {
    const socket = connect({ path });
    const finish = (state: SocketState): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(state);
    };
    const timer = setTimeout(finish, patience, 'live');
    socket.once('connect', () => finish('live'));
    // `on`: what comes after the first must not be thrown.
    socket.on('error', (error) => finish(stateOf(errnoOf(error))));
  });
}

/** connect(2), unix(7). ENOTSOCK, EPROTOTYPE: a file that is none of ours. */
function stateOf(errno: string | undefined): SocketState {
  if (errno === 'ECONNREFUSED') return 'stale';
  if (errno === 'ENOENT') return 'absent';
  return errno === 'EAGAIN' ? 'live' : 'closed';
}
