import { describe, expect, it } from 'vitest';
import type { Leg } from '../../src/engine/engine.ts';
import { EngineFixture, longTimeouts } from './engine-fixture.ts';
import { descriptors, type EngineUnderTest, mib } from './engine-under-test.ts';
import { LineHead, longestHead } from './line-head.ts';
import { digestOf, type Peer, payload, unsent, until } from './peer.ts';

const line = 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n';
/** A line as long as the longest header. */
const longLine = Buffer.concat([Buffer.alloc(longestHead - 1, 'x'), Buffer.from('\n')]);

/** What is read of a leg before its relay: exactly the head, and nothing behind it is lost. */
export function describeHeads(engine: EngineUnderTest): void {
  const open = (waitingRoom = 8): Promise<EngineFixture> => EngineFixture.open(engine.create({ waitingRoom }));

  async function incoming(): Promise<{ fixture: EngineFixture; client: Peer; leg: Leg }> {
    const fixture = await open();
    const [client, leg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
    return { fixture, client, leg };
  }

  describe(`${engine.name}: heads`, () => {
    it('gathers a head that comes in single bytes, and relays what comes after it', async () => {
      const { fixture, client, leg } = await incoming();
      const options = new LineHead();
      const head = fixture.engine.head(leg, options);
      for (let sent = 1; sent <= line.length; sent++) {
        await client.send(line.slice(sent - 1, sent));
        await until(() => options.looked === sent, 'the byte to be looked at');
      }
      expect(await head.done).toEqual({ ok: true, length: line.length });
      const { target, relay } = await fixture.join(leg);
      await client.send('hello');
      await target.has(5);
      expect(target.text).toBe('hello');
      expect(relay.bytesToTarget).toBe(5);
    });

    it.each([
      ['has come before it is read', 'come'],
      ['comes while it is read', 'coming'],
    ])('takes a head off the 1 MiB and the FIN behind it that %s', async (_, when) => {
      const { fixture, client, leg } = await incoming();
      const { data, digest } = payload(mib);
      const send = (): Promise<void> => client.send(Buffer.concat([Buffer.from(line), data]));
      const before = when === 'come' ? send() : undefined;
      if (before !== undefined)
        await until(() => unsent(client.socket) > 0 || client.socket.writableLength === 0, 'it');
      const head = fixture.engine.head(leg, new LineHead());
      const sent = before ?? send();
      client.finish();
      expect(await head.done).toEqual({ ok: true, length: line.length });
      const { target, relay } = await fixture.join(leg);
      await sent;
      expect(await target.ending).toBe('end');
      expect(target.digest()).toBe(digest);
      expect(relay.bytesToTarget).toBe(mib);
      target.socket.end('bye');
      expect(await client.ending).toBe('end');
      expect(client.text).toBe('bye');
      expect(await relay.done).toBe('client closed');
    });

    it.each([
      ['at once', longLine.length],
      ['in small pieces', 113],
    ])('reads a head of 65,551 bytes that comes %s, and 1 MiB behind it', async (_, size) => {
      const { fixture, client, leg } = await incoming();
      const head = fixture.engine.head(leg, new LineHead());
      for (let at = 0; at < longLine.length; at += size) await client.send(longLine.subarray(at, at + size));
      const { data, digest } = payload(mib);
      const sent = client.send(data).then(() => client.finish());
      expect(await head.done).toEqual({ ok: true, length: longestHead });
      const { target } = await fixture.join(leg);
      await sent;
      expect(await target.ending).toBe('end');
      expect(target.digest()).toBe(digest);
    });

    it('reads it where so much has come before that the leg was not read any more', async () => {
      const { fixture, client, leg } = await incoming();
      const { data, digest } = payload(16 * mib);
      const sent = client.send(Buffer.concat([longLine, data])).then(() => client.finish());
      await until(() => client.socket.writableLength > 0 && unsent(client.socket) > 0, 'the way to be full');
      expect(await fixture.engine.head(leg, new LineHead()).done).toEqual({ ok: true, length: longestHead });
      const { target } = await fixture.join(leg);
      await sent;
      expect(await target.ending).toBe('end');
      expect(target.digest()).toBe(digest);
    });

    it.each([
      ['with nothing behind it', ''],
      ['with a few bytes between', 'question'],
    ])('takes a FIN right behind the head for a half-close, %s', async (_, question) => {
      const { fixture, client, leg } = await incoming();
      const head = fixture.engine.head(leg, new LineHead());
      client.socket.end(line + question);
      expect(await head.done).toEqual({ ok: true, length: line.length });
      const { target, relay } = await fixture.join(leg);
      expect(await target.ending).toBe('end');
      expect(target.text).toBe(question);
      target.socket.end('answer');
      expect(await client.ending).toBe('end');
      expect(client.text).toBe('answer');
      expect(await relay.done).toBe('client closed');
    });

    it.each([
      ['client closed', '', 'ends without a byte'],
      ['bad header', 'PROXY', 'ends within the head'],
    ])('ends as %s where a client %s, before or while it is read', async (reason, text) => {
      const { fixture, client, leg } = await incoming();
      const head = fixture.engine.head(leg, new LineHead());
      client.socket.end(text);
      expect(await head.done).toEqual({ ok: false, reason });
      fixture.engine.close(leg, 'rst');
      const [early, earlyLeg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
      early.socket.end(text);
      await until(() => unsent(early.socket) === 0 && early.socket.writableFinished, 'the FIN to be acknowledged');
      expect(await fixture.engine.head(earlyLeg, new LineHead()).done).toEqual({ ok: false, reason });
      fixture.engine.close(earlyLeg, 'rst');
    });

    it.each(['', 'PROXY'])('ends as client reset where a client that has sent "%s" resets', async (text) => {
      const { fixture, client, leg } = await incoming();
      const reset = new Promise<void>((resolve) => {
        leg.onReset = resolve;
      });
      const options = new LineHead();
      const head = fixture.engine.head(leg, options);
      if (text !== '') await client.send(text);
      await until(() => options.looked === text.length, 'the bytes to be looked at');
      client.reset();
      expect(await head.done).toEqual({ ok: false, reason: 'client reset' });
      await reset;
      expect(leg.isReset).toBe(true);
      fixture.engine.close(leg, 'rst');
    });

    it('reports a reset that comes between head and relay; the bytes before it are delivered', async () => {
      const { fixture, client, leg } = await incoming();
      const reset = new Promise<void>((resolve) => {
        leg.onReset = resolve;
      });
      const head = fixture.engine.head(leg, new LineHead());
      await client.send(`${line}behind`);
      expect(await head.done).toEqual({ ok: true, length: line.length });
      client.reset();
      await reset;
      expect(leg.isReset).toBe(true);
      const { target, relay } = await fixture.join(leg);
      expect(await target.ending).toBe('reset');
      expect(target.text).toBe('behind');
      expect(await relay.done).toBe('client reset');
    });

    it.each(['', 'PROXY'])('ends as header timed out where "%s" is all that comes', async (text) => {
      const { fixture, client, leg } = await incoming();
      const started = performance.now();
      const head = fixture.engine.head(leg, new LineHead({ timeout: 200 }));
      if (text !== '') await client.send(text);
      expect(await head.done).toEqual({ ok: false, reason: 'header timed out' });
      expect(performance.now() - started).toBeGreaterThanOrEqual(199);
      fixture.engine.close(leg, 'rst');
      expect(await client.ending).toBe('reset');
    });

    it('can be cancelled, and leaves no descriptor', async () => {
      const fixture = await open();
      const before = descriptors();
      const [client, leg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
      await client.send('PROXY');
      const head = fixture.engine.head(leg, new LineHead());
      head.cancel();
      head.cancel();
      fixture.engine.close(leg, 'rst');
      expect(await head.done).toEqual({ ok: false, reason: 'cancelled' });
      expect(await client.ending).toBe('reset');
      client.socket.destroy();
      await until(() => descriptors() <= before, 'the descriptors to be closed');
    });

    it('ends as bad header where it is malformed', async () => {
      const { fixture, client, leg } = await incoming();
      const head = fixture.engine.head(leg, new LineHead());
      await client.send(`!${line}`);
      expect(await head.done).toEqual({ ok: false, reason: 'bad header' });
      fixture.engine.close(leg, 'rst');
    });

    it('looks at no more than `most` bytes: one that ends there is read, a longer one is a bad header', async () => {
      const fixture = await open();
      const most = line.length;
      for (const [sent, read] of [
        [`${line}behind`, { ok: true, length: most }],
        [`x${line}`, { ok: false, reason: 'bad header' }],
        ['x'.repeat(most), { ok: false, reason: 'bad header' }],
      ] as const) {
        const [client, leg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
        const options = new LineHead({ most });
        const head = fixture.engine.head(leg, options);
        await client.send(sent);
        expect(await head.done).toEqual(read);
        expect(options.looked).toBe(most);
        fixture.engine.close(leg, 'rst');
      }
    });

    it('takes nothing off where there is no head, and can be read again', async () => {
      const { fixture, client, leg } = await incoming();
      const none = fixture.engine.head(leg, { most: 100, timeout: 60_000, enough: () => 0 });
      await client.send(`${line}hello`);
      expect(await none.done).toEqual({ ok: true, length: 0 });
      expect(await fixture.engine.head(leg, new LineHead()).done).toEqual({ ok: true, length: line.length });
      const { target } = await fixture.join(leg);
      await target.has(5);
      expect(target.text).toBe('hello');
    });

    it('holds a bounded number of bytes, also when a long head turns out to be none', async () => {
      const { fixture, client, leg } = await incoming();
      const { data } = payload(32 * mib);
      const enough = (bytes: Buffer): number | 'more' => (bytes.length < longestHead - 1 ? 'more' : 0);
      const head = fixture.engine.head(leg, { most: longestHead, timeout: 60_000, enough });
      const sent = client.send(data).then(() => client.finish());
      expect(await head.done).toEqual({ ok: true, length: 0 });
      const prefix = Buffer.alloc(4000, 'p');
      const { target, relay } = await fixture.join(leg, { ...longTimeouts, prefix });
      target.socket.pause();
      let most = 0;
      await until(() => {
        most = Math.max(most, relay.heldToTarget);
        return most > 0;
      }, 'bytes to be held');
      expect(most).toBeLessThanOrEqual(engine.heldLimit);
      target.socket.resume();
      await sent;
      expect(await target.ending).toBe('end');
      expect(target.digest()).toBe(digestOf(Buffer.concat([prefix, data])));
      expect(relay.bytesToTarget).toBe(data.length);
    });

    it('rejects with what `enough` throws', async () => {
      const { fixture, client, leg } = await incoming();
      const enough = (): never => {
        throw new Error('a bug');
      };
      const head = fixture.engine.head(leg, { most: 100, timeout: 60_000, enough });
      await client.send(line);
      await expect(head.done).rejects.toThrow('a bug');
      fixture.engine.close(leg, 'rst');
    });
  });
}
