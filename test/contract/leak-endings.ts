import type { Socket } from 'node:net';
import type { CloseReason } from '../../src/base/close-reason.ts';
import type { HeadRead } from '../../src/engine/engine.ts';
import type { BareSession, Incoming, LeakFixture } from './leak-fixture.ts';
import { LineHead } from './line-head.ts';

/** More than the kernel of an end that does not read takes at once. */
const bulk = Buffer.alloc(300 * 1024, '!');

const prefix = Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n');

/** Every way for a session to end, each from the first packet to the last descriptor. */
export const everyEnding: readonly ((fixture: LeakFixture) => Promise<void>)[] = [
  async (fixture) => {
    const { client, target, relay } = await fixture.session();
    client.end('question');
    target.once('end', () => target.end('answer'));
    await over({ client, target, relay }, 'client closed');
  },
  async (fixture) => {
    const { client, target, relay } = await fixture.session();
    target.end('banner');
    client.once('end', () => client.end());
    await over({ client, target, relay }, 'target closed');
  },
  async (fixture) => {
    const { client, target, relay } = await fixture.session();
    client.end('both');
    target.end('at once');
    await over({ client, target, relay }, 'client closed', 'target closed');
  },
  async (fixture) => {
    const session = await fixture.session();
    session.client.resetAndDestroy();
    await over(session, 'client reset');
  },
  async (fixture) => {
    const session = await fixture.session();
    session.target.write('last bytes');
    session.target.resetAndDestroy();
    await over(session, 'target reset');
  },
  async (fixture) => {
    const session = await fixture.session();
    await clog(session);
    session.client.resetAndDestroy();
    session.target.resume();
    await over(session, 'client reset');
  },
  async (fixture) => {
    const session = await fixture.session();
    await clog(session);
    session.target.destroy();
    await over(session, 'target reset');
  },
  async (fixture) => {
    const session = await fixture.session();
    await clog(session);
    session.target.destroy();
    session.client.resetAndDestroy();
    await over(session, 'client reset', 'target reset');
  },
  async (fixture) => {
    const session = await fixture.session();
    session.client.destroy();
    session.target.once('end', () => session.target.end('too late'));
    await over(session, 'client closed', 'client reset');
  },
  async (fixture) => {
    const session = await fixture.session();
    session.relay.kill('killed');
    await over(session, 'killed');
  },
  async (fixture) => {
    const session = await fixture.session();
    await clog(session);
    session.relay.kill('drained');
    session.target.resume();
    await over(session, 'drained');
  },
  async (fixture) => over(await fixture.session({ idle: 30 }), 'idle'),
  async (fixture) => {
    const session = await fixture.session({ halfClosed: 30 });
    session.target.once('end', () => {});
    session.client.end();
    await over(session, 'half-closed too long');
  },
  async (fixture) => {
    const incoming = await fixture.incoming();
    // Port 1 of loopback has no listener.
    const dialed = await fixture.engine.dial({ address: '127.0.0.1', port: 1 }, { timeout: 10_000 }).done;
    if (dialed.ok || dialed.reason !== 'refused') throw new Error(`Cannot be refused: ${JSON.stringify(dialed)}`);
    await turnAway(fixture, incoming);
  },
  async (fixture) => {
    const incoming = await fixture.incoming();
    const dial = fixture.dialSink();
    dial.cancel();
    await dial.done;
    await turnAway(fixture, incoming);
  },
  async (fixture) => {
    const { client, leg } = await fixture.incoming();
    const dial = fixture.dialSink();
    const reset = new Promise<void>((resolve) => {
      leg.onReset = resolve;
    });
    client.resetAndDestroy();
    await reset;
    dial.cancel();
    const dialed = await dial.done;
    if (dialed.ok) fixture.engine.close(dialed.leg, 'rst');
    fixture.engine.close(leg, 'rst');
  },
  async (fixture) => {
    const { client, leg } = await fixture.incoming();
    const dialed = await fixture.dialSink().done;
    client.once('end', () => client.end());
    if (dialed.ok) fixture.engine.close(dialed.leg, 'fin');
    fixture.engine.close(leg, 'fin');
    await closed(client);
  },
  async (fixture) => {
    const incoming = await fixture.incoming();
    incoming.client.end('head\nquestion');
    await headIs({ ok: true, length: 5 }, fixture.engine.head(incoming.leg, new LineHead()).done);
    const { client, target, relay } = await fixture.join(incoming, { prefix });
    target.once('end', () => target.end('answer'));
    await over({ client, target, relay }, 'client closed');
  },
  async (fixture) => {
    const incoming = await fixture.incoming();
    incoming.client.write('head in two ');
    const head = fixture.engine.head(incoming.leg, new LineHead());
    setImmediate(() => incoming.client.write('pieces\n'));
    await headIs({ ok: true, length: 19 }, head.done);
    const session = await fixture.join(incoming);
    session.relay.kill('killed');
    await over(session, 'killed');
  },
  async (fixture) => {
    const incoming = await fixture.incoming();
    incoming.client.write('half a he');
    const head = fixture.engine.head(incoming.leg, new LineHead());
    setImmediate(() => head.cancel());
    await headIs({ ok: false, reason: 'cancelled' }, head.done);
    await turnAway(fixture, incoming);
  },
  async (fixture) => {
    const incoming = await fixture.incoming();
    incoming.client.write('half a he');
    const head = fixture.engine.head(incoming.leg, new LineHead({ timeout: 30 }));
    await headIs({ ok: false, reason: 'header timed out' }, head.done);
    await turnAway(fixture, incoming);
  },
  async (fixture) => {
    const incoming = await fixture.incoming();
    incoming.client.write(bulk);
    await headIs({ ok: false, reason: 'bad header' }, fixture.engine.head(incoming.leg, new LineHead()).done);
    await turnAway(fixture, incoming);
  },
  async (fixture) => {
    const incoming = await fixture.incoming();
    const head = fixture.engine.head(incoming.leg, new LineHead());
    incoming.client.resetAndDestroy();
    await headIs({ ok: false, reason: 'client reset' }, head.done);
    fixture.engine.close(incoming.leg, 'rst');
  },
  async (fixture) => {
    const session = await fixture.session({ prefix });
    session.target.once('data', () => session.target.resetAndDestroy());
    await over(session, 'target reset');
  },
  async (fixture) => {
    const session = await fixture.session({ prefix });
    await clog(session);
    session.relay.kill('killed');
    session.target.resume();
    await over(session, 'killed');
  },
];

async function headIs(expected: HeadRead, reading: Promise<HeadRead>): Promise<void> {
  const [read, wanted] = [JSON.stringify(await reading), JSON.stringify(expected)];
  if (read !== wanted) throw new Error(`Read ${read}, not ${wanted}`);
}

/** Until bytes are on the way to a target that does not read. */
async function clog({ client, target, relay }: BareSession): Promise<void> {
  target.pause();
  client.write(bulk);
  while (relay.bytesToTarget + relay.heldToTarget < 100_000) await new Promise((resolve) => setImmediate(resolve));
}

async function turnAway(fixture: LeakFixture, { client, leg }: Incoming): Promise<void> {
  fixture.engine.close(leg, 'rst');
  await closed(client);
}

async function over({ client, target, relay }: BareSession, ...reasons: CloseReason[]): Promise<void> {
  const reason = await relay.done;
  if (!reasons.includes(reason)) throw new Error(`Ended as '${reason}', not '${reasons.join("' or '")}'`);
  // An end that only listens notices nothing by itself. That is not the engine's part.
  client.destroy();
  target.destroy();
  await Promise.all([closed(client), closed(target)]);
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}
