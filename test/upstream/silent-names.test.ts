import { expect, it } from 'vitest';
import { LookupFixture, namesOf, to } from './lookup-fixture.ts';

/** Whether a lookup of this name runs in the very turn in which a session needs it. */
function runsAtOnce(fixture: LookupFixture, host: string): boolean {
  fixture.session(host);
  return fixture.running.some((one) => one.host === host);
}

it.each([
  { when: 'at their first lookup', before: async () => {} },
  {
    when: 'once they have been answered',
    before: async (fixture: LookupFixture) => {
      for (const host of namesOf('dead', 16)) await fixture.good(host, '10.0.0.1');
    },
  },
])('16 names that hang, $when, delay no other name', async ({ before }) => {
  const fixture = new LookupFixture();
  await before(fixture);
  for (const host of namesOf('dead', 16)) fixture.session(host);
  expect(fixture.running).toHaveLength(16);
  expect(namesOf('early', 9).every((host) => runsAtOnce(fixture, host))).toBe(true);
  for (const host of namesOf('early', 9)) fixture.lookupOf(host).answer('10.0.0.2');
  await fixture.pass(10_000);
  expect(namesOf('late', 9).every((host) => runsAtOnce(fixture, host))).toBe(true);
  expect(runsAtOnce(fixture, 'early1.test')).toBe(true);
});

it('lookups of names that hung run 16 at a time, and others do not queue behind them', async () => {
  const fixture = new LookupFixture();
  const dead = namesOf('dead', 40);
  for (const host of dead) await fixture.good(host, '10.0.0.1');
  for (const host of dead) fixture.session(host);
  expect(fixture.running).toHaveLength(33);
  await fixture.pass(600);
  const waits = dead.map((host) => fixture.session(host));
  await fixture.pass(0);
  // Those beyond the places, too: they have an earlier answer.
  expect(waits.map(({ outcome }) => outcome)).toEqual(dead.map(() => to('10.0.0.1')));
  await fixture.pass(10_000);
  for (const one of [...fixture.running]) one.fail('EAI_AGAIN');
  await fixture.pass(1_000);
  for (const one of [...fixture.running]) one.fail('EAI_AGAIN');
  await fixture.pass(0);
  for (const host of dead) fixture.session(host);
  expect(fixture.running).toHaveLength(16);
  expect(runsAtOnce(fixture, 'other.test')).toBe(true);
  // First come, first served: all of them get their turn.
  const before = fixture.started.length;
  for (let round = 0; round < 4; round += 1) {
    await fixture.pass(10_000);
    for (const one of [...fixture.running]) one.fail('EAI_AGAIN');
    await fixture.pass(0);
  }
  expect(new Set(fixture.started.slice(before - 17)).size).toBe(41);
});

it('more than 25 names that hang at their first lookup leave 8 places to names that answer', async () => {
  const fixture = new LookupFixture();
  for (const host of namesOf('known', 8)) await fixture.good(host, '10.0.0.1');
  for (const host of namesOf('dead', 40)) fixture.session(host);
  expect(fixture.running).toHaveLength(25);
  expect(namesOf('known', 8).every((host) => runsAtOnce(fixture, host))).toBe(true);
  // A name that was never looked up has to wait for one of the dead.
  const wait = fixture.session('new.test');
  await fixture.pass(5_000);
  expect(wait.outcome).toMatchObject({
    reason: 'lookup not started',
    error: { message: expect.stringContaining('other lookups took all of 33 places, and hung') },
  });
});

it.each([1, 2, 3, 4])('with %i places, names that hang leave one place where there are several', async (places) => {
  const fixture = new LookupFixture({ places });
  await fixture.good('fine.test', '10.0.0.1');
  const dead = namesOf('dead', 6);
  for (const host of dead) {
    const wait = fixture.session(host);
    await fixture.pass(5_000);
    expect(wait.outcome).toMatchObject({ ok: false });
    for (const one of [...fixture.running]) one.fail('EAI_AGAIN');
    await fixture.pass(0);
  }
  for (const host of dead) {
    fixture.session(host);
    fixture.check(host);
  }
  expect(fixture.running).toHaveLength(Math.max(1, Math.floor(places / 2)));
  expect(runsAtOnce(fixture, 'fine.test')).toBe(places > 1);
});

it('checks take 4 places, of which those of names that hang take 2, and none of those of other names', async () => {
  const fixture = new LookupFixture();
  const dead = namesOf('dead', 20);
  await fixture.hang(...dead.slice(0, 10));
  await fixture.hang(...dead.slice(10));
  for (const one of [...fixture.running]) one.fail('EAI_AGAIN');
  await fixture.pass(0);
  for (const host of dead) fixture.check(host);
  expect(fixture.running).toHaveLength(2);
  for (const host of namesOf('checked', 3)) fixture.check(host);
  expect(fixture.running).toHaveLength(4);
  const sessions = dead.slice(2).map((host) => fixture.session(host));
  // 16 of names that hung, the two of checks among them.
  expect(fixture.running).toHaveLength(2 + 16);
  expect(sessions).toHaveLength(18);
  expect(namesOf('late', 5).every((host) => runsAtOnce(fixture, host))).toBe(true);
});

it('a check whose lookup had no place proves nothing about the target', async () => {
  const fixture = new LookupFixture();
  for (const host of namesOf('checked', 4)) fixture.check(host);
  const waits = fixture.check('one-more.test', 2_000);
  await fixture.pass(2_000);
  expect(waits.outcome).toMatchObject({ reason: 'lookup not started' });
});

it('a session takes a lookup over that waits among those of checks', async () => {
  const fixture = new LookupFixture();
  for (const host of namesOf('checked', 4)) fixture.check(host);
  const check = fixture.check('one-more.test');
  expect(fixture.running).toHaveLength(4);
  const session = fixture.session('one-more.test');
  fixture.lookupOf('one-more.test').answer('10.0.0.1');
  await fixture.pass(0);
  expect([check.outcome, session.outcome]).toEqual([to('10.0.0.1'), to('10.0.0.1')]);
});

it('a name with an earlier answer waits 50 ms for a place, no more', async () => {
  const fixture = new LookupFixture({ places: 2 });
  await fixture.good('known.test', '10.0.0.1');
  await fixture.good('a.test', '10.0.0.2');
  await fixture.good('b.test', '10.0.0.2');
  fixture.session('a.test');
  fixture.session('b.test');
  const wait = fixture.session('known.test');
  await fixture.pass(49);
  expect(wait.outcome).toBe('none yet');
  await fixture.pass(1);
  expect(wait.outcome).toEqual(to('10.0.0.1'));
});
