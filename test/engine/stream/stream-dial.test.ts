import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { StreamEngine } from '../../../src/engine/stream/stream-engine.ts';
import { openBlackHole } from '../../contract/black-hole.ts';
import { TargetServer } from '../../contract/peer.ts';

function openEngine(): StreamEngine {
  const engine = new StreamEngine({ waitingRoom: 0 });
  onTestFinished(() => engine.shutDown());
  return engine;
}

/** Connections to a port that are not established yet: SYN_SENT is 02 (include/net/tcp_states.h). */
function pendingDials(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = readFileSync('/proc/net/tcp', 'latin1').split('\n');
  return lines.filter((line) => line.includes(` 0100007F:${hex} 02 `)).length;
}

it('does not time out before its time, and not long after it', async () => {
  const engine = openEngine();
  const port = await openBlackHole();
  const started = performance.now();
  const dialed = await engine.dial({ address: '127.0.0.1', port }, { timeout: 160 }).done;
  const took = performance.now() - started;
  expect(dialed).toEqual({ ok: false, reason: 'dial timed out' });
  expect(took).toBeGreaterThanOrEqual(160);
  expect(took).toBeLessThan(10_160);
});

it('leaves no pending connection when it is cancelled', async () => {
  const engine = openEngine();
  const port = await openBlackHole();
  // The connection that filled the queue hangs, too, and is not ours.
  const before = pendingDials(port);
  const dial = engine.dial({ address: '127.0.0.1', port }, { timeout: 60_000 });
  await expect.poll(() => pendingDials(port)).toBe(before + 1);
  dial.cancel();
  expect(await dial.done).toEqual({ ok: false, reason: 'cancelled' });
  await expect.poll(() => pendingDials(port)).toBe(before);
});

it('has no effect when cancelled after it has connected', async () => {
  const engine = openEngine();
  const server = await TargetServer.open();
  const dial = engine.dial({ address: '127.0.0.1', port: server.port }, { timeout: 5000 });
  const dialed = await dial.done;
  dial.cancel();
  const target = await server.peers.next();
  target.socket.write('hello');
  expect(dialed).toMatchObject({ ok: true, leg: { isReset: false, remote: { port: server.port } } });
  if (dialed.ok) engine.close(dialed.leg, 'rst');
  expect(await target.ending).toBe('reset');
});

it('gives the error of the system with the reason', async () => {
  const dialed = await openEngine().dial({ address: '127.255.255.255', port: 80 }, { timeout: 5000 }).done;
  expect(dialed).toMatchObject({ ok: false, reason: 'unreachable', error: { code: 'ENETUNREACH' } });
});
