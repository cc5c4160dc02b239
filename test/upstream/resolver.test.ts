import { describe, expect, it } from 'vitest';
import { Resolver } from '../../src/upstream/resolver.ts';
import { LookupFixture, namesOf, to } from './lookup-fixture.ts';

describe('a lookup', () => {
  it('is shared by all that need the name at that moment', async () => {
    const fixture = new LookupFixture();
    const all = [fixture.session('a.test'), fixture.session('a.test'), fixture.check('a.test')];
    expect(fixture.started).toEqual(['a.test']);
    fixture.lookupOf('a.test').answer('10.0.0.2', '10.0.0.1');
    await fixture.pass(0);
    expect(all.map(({ outcome }) => outcome)).toEqual(Array(3).fill(to('10.0.0.2', '10.0.0.1')));
  });

  it('is made anew once it has been answered', async () => {
    const fixture = new LookupFixture();
    await fixture.good('a.test', '10.0.0.1');
    const wait = fixture.session('a.test');
    fixture.lookupOf('a.test').answer('10.0.0.2');
    await fixture.pass(0);
    expect(wait.outcome).toEqual(to('10.0.0.2'));
  });

  it('does not wait for that of another name', () => {
    const fixture = new LookupFixture();
    fixture.session('a.test');
    fixture.session('b.test');
    expect(fixture.started).toEqual(['a.test', 'b.test']);
  });

  it.each(['EAI_AGAIN', 'ENOTFOUND'])('that fails by %s at once is an answer, for all that wait', async (code) => {
    const fixture = new LookupFixture();
    await fixture.good('a.test', '10.0.0.1');
    const both = [fixture.session('a.test'), fixture.session('a.test')];
    fixture.lookupOf('a.test').fail(code);
    await fixture.pass(0);
    const failed = { ok: false, reason: 'lookup failed', error: { code } };
    expect(both.map(({ outcome }) => outcome)).toMatchObject([failed, failed]);
    await fixture.good('a.test', '10.0.0.1');
    expect(fixture.events).toEqual([]);
  });

  it('that throws a mere text fails with an error', async () => {
    const { done } = new Resolver(() => Promise.reject('a mere text')).resolve('a.test', 5_000);
    expect(await done).toMatchObject({ ok: false, reason: 'lookup failed', error: new Error('a mere text') });
  });

  it('is made by the system', async () => {
    const resolved = await new Resolver().resolve('localhost', 20_000).done;
    expect(resolved !== 'cancelled' && resolved.ok && resolved.addresses).toEqual(
      expect.arrayContaining([expect.stringMatching(/^(?:127\.0\.0\.1|::1)$/)]),
    );
  });

  it('goes on for the others when one that waits is cancelled', async () => {
    const fixture = new LookupFixture();
    const [leaves, stays] = [fixture.session('a.test'), fixture.session('a.test')];
    leaves.resolving.cancel();
    fixture.lookupOf('a.test').answer('10.0.0.1');
    await fixture.pass(0);
    expect([leaves.outcome, stays.outcome]).toEqual(['cancelled', to('10.0.0.1')]);
  });
});

describe('a silent name server', () => {
  it('differs from a negative answer: by the time of the session that waits, or of getaddrinfo', async () => {
    const fixture = new LookupFixture();
    const [short, long] = [fixture.session('a.test', 800), fixture.session('a.test', 20_000)];
    await fixture.pass(799);
    expect(short.outcome).toBe('none yet');
    await fixture.pass(1);
    const text = (what: string) =>
      `Cannot look up a.test: no answer from a name server ${what}; check that this machine's name servers answer`;
    expect(short.outcome).toEqual({ ok: false, reason: 'lookup timed out', error: new Error(text('within 800 ms')) });
    await fixture.pass(9_000);
    fixture.lookupOf('a.test').fail('EAI_AGAIN');
    await fixture.pass(0);
    expect(long.outcome).toEqual({ ok: false, reason: 'lookup timed out', error: new Error(text('(EAI_AGAIN)')) });
  });

  it('that ends with a negative answer after a while has answered', async () => {
    const fixture = new LookupFixture();
    const wait = fixture.session('a.test');
    await fixture.pass(3_000);
    fixture.lookupOf('a.test').fail('ENOTFOUND');
    await fixture.pass(0);
    expect(wait.outcome).toMatchObject({ reason: 'lookup failed' });
  });

  it('leaves no timer behind once all is over', async () => {
    const fixture = new LookupFixture();
    await fixture.good('a.test', '10.0.0.1');
    const { vi } = await import('vitest');
    expect(vi.getTimerCount()).toBe(0);
    fixture.session('a.test');
    await fixture.pass(600);
    fixture.session('a.test');
    fixture.lookupOf('a.test').answer('10.0.0.1');
    await fixture.pass(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the last good answer', () => {
  it('serves after half a second of silence, and later sessions at once', async () => {
    const fixture = new LookupFixture();
    await fixture.good('a.test', '10.0.0.1');
    await fixture.pass(60_000);
    const first = fixture.session('a.test');
    await fixture.pass(499);
    expect(first.outcome).toBe('none yet');
    await fixture.pass(1);
    expect(first.outcome).toEqual(to('10.0.0.1'));
    const next = fixture.session('a.test');
    await fixture.pass(0);
    expect(next.outcome).toEqual(to('10.0.0.1'));
    expect(fixture.started).toHaveLength(2);
  });

  it('serves after 50 ms where the last lookup hung, so that a server that is back is followed', async () => {
    const fixture = new LookupFixture();
    await fixture.good('a.test', '10.0.0.1');
    fixture.session('a.test');
    await fixture.pass(10_000);
    fixture.lookupOf('a.test').fail('EAI_AGAIN');
    await fixture.pass(0);
    const silent = fixture.session('a.test');
    await fixture.pass(49);
    expect(silent.outcome).toBe('none yet');
    await fixture.pass(1);
    expect(silent.outcome).toEqual(to('10.0.0.1'));
    await fixture.pass(10_000);
    fixture.lookupOf('a.test').fail('EAI_AGAIN');
    await fixture.pass(0);
    const back = fixture.session('a.test');
    fixture.lookupOf('a.test').answer('10.0.0.2');
    await fixture.pass(0);
    expect(back.outcome).toEqual(to('10.0.0.2'));
  });

  it('is replaced by an answer that comes late', async () => {
    const fixture = new LookupFixture();
    await fixture.good('a.test', '10.0.0.1');
    fixture.session('a.test');
    await fixture.pass(2_000);
    fixture.lookupOf('a.test').answer('10.0.0.2');
    await fixture.pass(0);
    const wait = fixture.session('a.test');
    await fixture.pass(50);
    expect(wait.outcome).toEqual(to('10.0.0.2'));
  });

  it('serves no more once there is no such name', async () => {
    const fixture = new LookupFixture();
    await fixture.good('a.test', '10.0.0.1');
    fixture.session('a.test');
    fixture.lookupOf('a.test').fail('ENOTFOUND');
    await fixture.pass(0);
    const wait = fixture.session('a.test');
    await fixture.pass(4_999);
    expect(wait.outcome).toBe('none yet');
  });

  it.each([
    { stale: undefined, age: 3_600_000 },
    { stale: 10_000, age: 10_000 },
    { stale: 0, age: 0 },
  ])('serves up to its age (names.stale $stale)', async ({ stale, age }) => {
    const fixture = new LookupFixture(stale === undefined ? {} : { stale });
    await fixture.good('a.test', '10.0.0.1');
    await fixture.pass(Math.max(0, age - 501));
    const young = fixture.session('a.test');
    await fixture.pass(500);
    expect(young.outcome).toEqual(stale === 0 ? 'none yet' : to('10.0.0.1'));
    await fixture.pass(1);
    const old = fixture.session('a.test');
    await fixture.pass(4_999);
    expect(old.outcome).toBe('none yet');
    await fixture.pass(1);
    expect(old.outcome).toMatchObject({ reason: 'lookup timed out' });
  });

  it('serves a health check too', async () => {
    const fixture = new LookupFixture();
    await fixture.good('a.test', '10.0.0.1');
    const wait = fixture.check('a.test');
    await fixture.pass(500);
    expect(wait.outcome).toEqual(to('10.0.0.1'));
  });
});

describe('events', () => {
  it('report once a minute that a name hangs, and once that it is answered again', async () => {
    const fixture = new LookupFixture();
    await fixture.good('a.test', '10.0.0.1');
    await fixture.pass(2_000);
    for (let round = 0; round < 3; round += 1) {
      fixture.session('a.test');
      await fixture.pass(600);
      fixture.lookupOf('a.test').fail('EAI_AGAIN');
      await fixture.pass(0);
    }
    expect(fixture.events).toEqual([{ kind: 'hangs', name: 'a.test', age: 2_500 }]);
    await fixture.good('a.test', '10.0.0.1');
    await fixture.good('a.test', '10.0.0.1');
    expect(fixture.events.slice(1)).toEqual([{ kind: 'answered', name: 'a.test' }]);
    await fixture.hang('a.test');
    expect(fixture.events).toHaveLength(2);
    fixture.lookupOf('a.test').answer('10.0.0.1');
    await fixture.pass(60_000);
    await fixture.hang('a.test');
    expect(fixture.events[2]).toMatchObject({ kind: 'hangs' });
  });

  it('report where there is no answer to use', async () => {
    const fixture = new LookupFixture();
    await fixture.hang('a.test');
    expect(fixture.events).toEqual([{ kind: 'hangs', name: 'a.test' }]);
  });
});

it('forgets the names that were needed least recently', async () => {
  const fixture = new LookupFixture();
  await fixture.good('first.test', '10.0.0.1');
  for (const host of namesOf('other', 4_096)) await fixture.good(host, '10.0.0.2');
  const wait = fixture.session('first.test');
  await fixture.pass(600);
  expect(wait.outcome).toBe('none yet');
  const last = fixture.session('other4096.test');
  await fixture.pass(500);
  expect(last.outcome).toEqual(to('10.0.0.2'));
});

it('serves answers up to another age from the time on at which that changes', async () => {
  const fixture = new LookupFixture({ stale: 0 });
  await fixture.good('a.test', '10.0.0.1');
  const never = fixture.session('a.test', 20_000);
  await fixture.pass(600);
  expect(never.outcome).toBe('none yet');
  fixture.resolver.update({ stale: 1_000 });
  const young = fixture.session('a.test');
  await fixture.pass(0);
  expect(young.outcome).toEqual(to('10.0.0.1'));
  fixture.resolver.update({ stale: 100 });
  const old = fixture.session('a.test');
  await fixture.pass(0);
  expect(old.outcome).toBe('none yet');
});
