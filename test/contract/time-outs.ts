import { describe, expect, it } from 'vitest';
import { EngineFixture, longTimeouts } from './engine-fixture.ts';
import { type EngineUnderTest, mib } from './engine-under-test.ts';
import { payload, until } from './peer.ts';

/** Idle and half-closed time-outs, and the most that a session may last. */
export function describeTimeOuts(engine: EngineUnderTest): void {
  const open = (waitingRoom = 8): Promise<EngineFixture> => EngineFixture.open(engine.create({ waitingRoom }));

  describe(`${engine.name}: time-outs`, () => {
    it('ends a session without a byte as idle, and not before', async () => {
      const { client, target, relay } = await (await open()).session({ ...longTimeouts, idle: 400 });
      const started = performance.now();
      for (let round = 1; round <= 8; round++) {
        await client.send('x');
        await target.has(round);
        await until(() => performance.now() - started > round * 100, 'the next byte to be due');
      }
      expect(relay.state).toBe('relaying');
      expect(await relay.done).toBe('idle');
      expect(performance.now() - started).toBeGreaterThan(1100);
      expect(await client.ending).toBe('reset');
      expect(await target.ending).toBe('reset');
    });

    it('ends a half-closed session without a byte, while a whole one lives', async () => {
      const fixture = await open();
      const options = { ...longTimeouts, halfClosed: 200 };
      const whole = await fixture.session(options);
      const half = await fixture.session(options);
      half.client.finish();
      expect(await half.relay.done).toBe('half-closed too long');
      expect(await half.target.ending).toBe('end');
      expect(whole.relay.state).toBe('relaying');
    });

    it('lets a slow reader of a half-closed session read on while bytes are held for it', async () => {
      const { client, target, relay } = await (await open()).session({ ...longTimeouts, halfClosed: 150 });
      const answer = payload(32 * mib);
      client.socket.pause();
      client.finish();
      expect(await target.ending).toBe('end');
      const sent = target.send(answer.data).then(() => target.finish());
      await until(() => relay.heldToClient > 0, 'bytes to be held');
      const started = performance.now();
      await until(() => performance.now() - started > 600, 'four times the time-out to pass');
      client.socket.resume();
      await sent;
      expect(await client.ending).toBe('end');
      expect(client.digest()).toBe(answer.digest);
      expect(await relay.done).toBe('client closed');
    });

    it.each(['silent', 'busy', 'stuck'] as const)(
      'ends a %s session at its greatest age, and not before',
      async (what) => {
        const { data } = payload(16 * mib);
        const started = performance.now();
        const { client, target, relay } = await (await open()).session({ ...longTimeouts, maxAge: 500 });
        if (what === 'busy') {
          const answer = (): void => void target.socket.write('x');
          target.socket.on('data', answer);
          client.socket.on('data', () => client.socket.write('x'));
          answer();
        }
        if (what === 'stuck') {
          target.socket.pause();
          void client.send(data).catch(() => {});
        }
        expect(await relay.done).toBe('expired');
        expect(performance.now() - started).toBeGreaterThanOrEqual(499);
        if (what === 'busy') expect(relay.bytesToTarget).toBeGreaterThan(10);
        target.socket.resume();
        expect(await client.ending).toBe('reset');
        expect(await target.ending).toBe('reset');
      },
    );

    it('ends a session without a byte as silent, and not before', async () => {
      const fixture = await open();
      const started = performance.now();
      const prefix = Buffer.from('PROXY UNKNOWN\r\n');
      const sessions = [await fixture.session({ ...longTimeouts, silent: 400 })];
      sessions.push(await fixture.session({ ...longTimeouts, silent: 400, prefix }));
      for (const { client, target, relay } of sessions) {
        expect(await relay.done).toBe('silent');
        expect(performance.now() - started).toBeGreaterThanOrEqual(399);
        expect(await client.ending).toBe('reset');
        expect(await target.ending).toBe('reset');
      }
    });

    it.each(['client', 'target'] as const)('never ends as silent once its %s has sent a byte', async (side) => {
      const fixture = await open();
      const options = { ...longTimeouts, silent: 400 };
      const [speaking, other] = [await fixture.session(options), await fixture.session(options)];
      await speaking[side].send('x');
      await speaking[side === 'client' ? 'target' : 'client'].has(1);
      expect(await other.relay.done).toBe('silent');
      const ended = performance.now();
      await until(() => performance.now() - ended > 400, 'the time-out to pass once more');
      expect(speaking.relay.state).toBe('relaying');
      expect(await (await fixture.session({ ...options, maxAge: 300 })).relay.done).toBe('expired');
    });

    it('ends a session whose age is used up before its relay, and leaves the others alone', async () => {
      const fixture = await open();
      const other = await fixture.session({ ...longTimeouts, maxAge: 60_000 });
      const { client, relay } = await fixture.session({ ...longTimeouts, maxAge: 0 });
      expect(await relay.done).toBe('expired');
      expect(await client.ending).toBe('reset');
      expect(other.relay.state).toBe('relaying');
    });

    it('takes a time-out of years', async () => {
      const { client, target, relay } = await (await open()).session({
        ...longTimeouts,
        idle: 1e12,
        halfClosed: 1e12,
        maxAge: 1e12,
      });
      await client.send('x');
      await target.has(1);
      expect(relay.state).toBe('relaying');
    });
  });
}
