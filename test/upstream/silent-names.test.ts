import { expect, it } from 'vitest';
import { LookupRig, namesOf, to } from './lookup-rig.ts';

/** Whether a lookup of this name runs in the very turn in which a session needs it. */
function runsAtOnce(rig: LookupRig, host: string): boolean {
  rig.session(host);
  return rig.running.some((one) => one.host === host);
}

it.each([
  { when: 'at their first lookup', before: async () => {} },
  {
    when: 'once they have been answered',
    before: async (rig: LookupRig) => {
      for (const host of namesOf('dead', 16)) await rig.good(host, '10.0.0.1');
    },
  },
])('16 names that hang, $when, delay no other name', async ({ before }) => {
  const rig = new LookupRig();
  await before(rig);
  for (const host of namesOf('dead', 16)) rig.session(host);
  expect(rig.running).toHaveLength(16);
  expect(namesOf('early', 9).every((host) => runsAtOnce(rig, host))).toBe(true);
  for (const host of namesOf('early', 9)) rig.lookupOf(host).answer('10.0.0.2');
  await rig.pass(10_000);
  expect(namesOf('late', 9).every((host) => runsAtOnce(rig, host))).toBe(true);
  expect(runsAtOnce(rig, 'early1.test')).toBe(true);
});

it('lookups of names that hung run 16 at a time, and others do not queue behind them', async () => {
  const rig = new LookupRig();
  const dead = namesOf('dead', 40);
  for (const host of dead) await rig.good(host, '10.0.0.1');
  for (const host of dead) rig.session(host);
  expect(rig.running).toHaveLength(33);
  await rig.pass(600);
  const waits = dead.map((host) => rig.session(host));
  await rig.pass(0);
  // Those beyond the places, too: they have an earlier answer.
  expect(waits.map(({ outcome }) => outcome)).toEqual(dead.map(() => to('10.0.0.1')));
  await rig.pass(10_000);
  for (const one of [...rig.running]) one.fail('EAI_AGAIN');
  await rig.pass(1_000);
  for (const one of [...rig.running]) one.fail('EAI_AGAIN');
  await rig.pass(0);
  for (const host of dead) rig.session(host);
  expect(rig.running).toHaveLength(16);
  expect(runsAtOnce(rig, 'other.test')).toBe(true);
  // First come, first served: all of them get their turn.
  const before = rig.started.length;
  for (let round = 0; round < 4; round += 1) {
    await rig.pass(10_000);
    for (const one of [...rig.running]) one.fail('EAI_AGAIN');
    await rig.pass(0);
  }
  expect(new Set(rig.started.slice(before - 17)).size).toBe(41);
});

it('more than 25 names that hang at their first lookup leave 8 places to names that answer', async () => {
  const rig = new LookupRig();
  for (const host of namesOf('known', 8)) await rig.good(host, '10.0.0.1');
  for (const host of namesOf('dead', 40)) rig.session(host);
  expect(rig.running).toHaveLength(25);
  expect(namesOf('known', 8).every((host) => runsAtOnce(rig, host))).toBe(true);
  // A name that was never looked up has to wait for one of the dead.
  const wait = rig.session('new.test');
  await rig.pass(5_000);
  expect(wait.outcome).toMatchObject({
    reason: 'not asked',
    error: { message: expect.stringContaining('other lookups took all of 33 places, and hung') },
  });
});

it.each([1, 2, 3, 4])(
  'with %i places, names that hang take one place, and leave one where there are several',
  async (places) => {
    const rig = new LookupRig({ places });
    await rig.good('fine.test', '10.0.0.1');
    const dead = namesOf('dead', 6);
    for (const host of dead) {
      const wait = rig.session(host);
      await rig.pass(5_000);
      expect(wait.outcome).toMatchObject({ ok: false });
      for (const one of [...rig.running]) one.fail('EAI_AGAIN');
      await rig.pass(0);
    }
    for (const host of dead) {
      rig.session(host);
      rig.check(host);
    }
    expect(rig.running).toHaveLength(Math.max(1, Math.floor(places / 2)));
    expect(runsAtOnce(rig, 'fine.test')).toBe(places > 1);
  },
);

it('checks take 4 places, of which those of names that hang take 2, and none of those of other names', async () => {
  const rig = new LookupRig();
  const dead = namesOf('dead', 20);
  await rig.hang(...dead.slice(0, 10));
  await rig.hang(...dead.slice(10));
  for (const one of [...rig.running]) one.fail('EAI_AGAIN');
  await rig.pass(0);
  for (const host of dead) rig.check(host);
  expect(rig.running).toHaveLength(2);
  for (const host of namesOf('checked', 3)) rig.check(host);
  expect(rig.running).toHaveLength(4);
  const sessions = dead.slice(2).map((host) => rig.session(host));
  // 16 of names that hung, the two of checks among them.
  expect(rig.running).toHaveLength(2 + 16);
  expect(sessions).toHaveLength(18);
  expect(namesOf('late', 5).every((host) => runsAtOnce(rig, host))).toBe(true);
});

it('a check whose lookup had no place says nothing of the target', async () => {
  const rig = new LookupRig();
  for (const host of namesOf('checked', 4)) rig.check(host);
  const waits = rig.check('one-more.test', 2_000);
  await rig.pass(2_000);
  expect(waits.outcome).toMatchObject({ reason: 'not asked' });
});

it('a session takes a lookup over that waits among those of checks', async () => {
  const rig = new LookupRig();
  for (const host of namesOf('checked', 4)) rig.check(host);
  const check = rig.check('one-more.test');
  expect(rig.running).toHaveLength(4);
  const session = rig.session('one-more.test');
  rig.lookupOf('one-more.test').answer('10.0.0.1');
  await rig.pass(0);
  expect([check.outcome, session.outcome]).toEqual([to('10.0.0.1'), to('10.0.0.1')]);
});

it('a name with an earlier answer waits 50 ms for a place, no more', async () => {
  const rig = new LookupRig({ places: 2 });
  await rig.good('known.test', '10.0.0.1');
  await rig.good('a.test', '10.0.0.2');
  await rig.good('b.test', '10.0.0.2');
  rig.session('a.test');
  rig.session('b.test');
  const wait = rig.session('known.test');
  await rig.pass(49);
  expect(wait.outcome).toBe('none yet');
  await rig.pass(1);
  expect(wait.outcome).toEqual(to('10.0.0.1'));
});
