import { expect, it } from 'vitest';
import type { Dial, Dialed } from '../../src/engine/engine.ts';
import { StreamEngine } from '../../src/engine/stream/stream-engine.ts';
import { AddressDial } from '../../src/session/dial-address.ts';
import { DialSources } from '../../src/upstream/dial-sources.ts';
import { ExhaustedTargets } from '../../src/upstream/exhausted-targets.ts';

/** Dials come to what a test says of each address that they are made from, and are written down. */
class ScriptedEngine extends StreamEngine {
  readonly from: (string | undefined)[] = [];
  private readonly codes: Readonly<Record<string, string>>;

  /** errno names by source address; `any` stands for none. */
  constructor(codes: Readonly<Record<string, string>>) {
    super({ waitingRoom: 1 });
    this.codes = codes;
  }

  override dial(...[, { from }]: Parameters<StreamEngine['dial']>): Dial {
    this.from.push(from);
    const code = this.codes[from ?? 'any'] ?? 'ECONNREFUSED';
    const reason = code === 'ECONNREFUSED' ? 'refused' : 'exhausted';
    const done: Promise<Dialed> = Promise.resolve({
      ok: false,
      reason,
      error: Object.assign(new Error(code), { code }),
    });
    return { done, cancel: () => {} };
  }
}

const to = { address: '192.0.2.1', port: 80 };

function dialer(codes: Readonly<Record<string, string>>, addresses: readonly string[] = []) {
  const engine = new ScriptedEngine(codes);
  const [exhausted, sources] = [new ExhaustedTargets(), new DialSources(addresses)];
  const dial = async (): Promise<string> => {
    const dialed = await new AddressDial(to, { engine, exhausted }, 5_000, sources).done;
    return dialed.ok ? 'ok' : dialed.reason;
  };
  return { engine, exhausted, dial };
}

it.each(['EADDRNOTAVAIL', 'EADDRINUSE', 'EAGAIN'])('%s from one address: the next is tried, once', async (code) => {
  const { engine, dial } = dialer({ '10.0.0.1': code }, ['10.0.0.1', '10.0.0.2']);
  expect(await dial()).toBe('refused');
  expect(engine.from).toEqual(['10.0.0.1', '10.0.0.2']);
  // Its turn is the second one's now; the first is passed over in the third dial.
  expect([await dial(), await dial()]).toEqual(['refused', 'refused']);
  expect(engine.from.slice(2)).toEqual(['10.0.0.2', '10.0.0.2']);
});

it("a failure that is no shortage of ports is the dial's outcome", async () => {
  const { engine, dial } = dialer({}, ['10.0.0.1', '10.0.0.2']);
  expect([await dial(), await dial()]).toEqual(['refused', 'refused']);
  expect(engine.from).toEqual(['10.0.0.1', '10.0.0.2']);
});

it('where ports ran out a moment ago, a dial is exhausted without a try', async () => {
  const { engine, exhausted, dial } = dialer({ any: 'EADDRNOTAVAIL' });
  expect([await dial(), await dial(), await dial()]).toEqual(['exhausted', 'exhausted', 'exhausted']);
  expect(engine.from).toEqual([undefined]);
  exhausted.gotPort(to, undefined);
  expect(await dial()).toBe('exhausted');
  expect(engine.from).toHaveLength(2);
});

it('a dial that is given up just when one address has no port is made from no other', async () => {
  const engine = new ScriptedEngine({ '10.0.0.1': 'EADDRNOTAVAIL' });
  const sources = new DialSources(['10.0.0.1', '10.0.0.2']);
  const dial = new AddressDial(to, { engine, exhausted: new ExhaustedTargets() }, 5_000, sources);
  dial.cancel();
  expect(await dial.done).toEqual({ ok: false, reason: 'cancelled' });
  expect(engine.from).toEqual(['10.0.0.1']);
});

it('a lack of descriptors says nothing of ports', async () => {
  const { engine, dial } = dialer({ any: 'EMFILE' });
  expect([await dial(), await dial()]).toEqual(['exhausted', 'exhausted']);
  expect(engine.from).toHaveLength(2);
});
