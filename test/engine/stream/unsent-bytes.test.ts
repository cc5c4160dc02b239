import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { findNodeInternals } from '../../../src/engine/stream/node-internals.ts';
import { unsentBytes } from '../../../src/engine/stream/unsent-bytes.ts';
import { findUnacknowledgedBytes } from '../../../src/libc/unacknowledged-bytes.ts';
import { until } from '../../contract/peer.ts';

const [internals, unacknowledged] = [findNodeInternals(), await findUnacknowledgedBytes()];
if (internals === null || unacknowledged === null) throw new Error('koffi does not load, or Node is another one');
const unsent = unsentBytes(internals, unacknowledged);

/** One that has more to send than its peer, which does not read, lets it. */
async function stuckPair(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ pauseOnConnect: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const near = connect({ port: typeof address === 'object' && address !== null ? address.port : 0, host: '127.0.0.1' });
  const [far] = (await once(server, 'connection')) as [Socket];
  server.close();
  onTestFinished(() => {
    near.destroy();
    far.destroy();
  });
  near.on('error', () => {});
  near.pause();
  near.write(Buffer.alloc(16 * 1024 * 1024));
  await until(() => unsent(near) > 0, 'bytes to wait');
  return { near, far };
}

it('is nothing once the peer has read all', async () => {
  const { near, far } = await stuckPair();
  far.resume();
  await until(() => unsent(near) === 0, 'all to be acknowledged');
});

it('is nothing once the peer has reset the connection, though the kernel goes on telling what was left', async () => {
  const { near, far } = await stuckPair();
  far.resetAndDestroy();
  await until(() => unsent(near) === 0, 'the reset to come');
});

it('is nothing of a socket that is closed', async () => {
  const { near } = await stuckPair();
  near.destroy();
  await once(near, 'close');
  expect(unsent(near)).toBe(0);
});
