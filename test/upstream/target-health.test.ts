import { describe, expect, it } from 'vitest';
import {
  afterCheck,
  afterDial,
  afterGivingUp,
  afterPick,
  inHealth,
  isReady,
  type TargetHealth,
} from '../../src/upstream/target-health.ts';

/** What can happen to a target, in the order of the columns below; all at 1000 ms, with fall 3 and rise 2. */
const happenings = {
  'dial failed': (health) => afterDial(health, 'failed', 1000, 3),
  'dial succeeded': (health) => afterDial(health, 'succeeded', 1000, 3),
  'check failed': (health) => afterCheck(health, 'failed', { rise: 2, fall: 3 }),
  'check succeeded': (health) => afterCheck(health, 'succeeded', { rise: 2, fall: 3 }),
  picked: (health) => afterPick(health, 1000, 10_000),
  'given up': (health) => afterGivingUp(health, 1000),
} satisfies Record<string, (health: TargetHealth) => TargetHealth>;

/** A health in one word: failures or successes in a row, pauses in seconds with the time when they end. */
const spoken: Readonly<Record<string, TargetHealth>> = {
  in: inHealth,
  'in, 1 dial failed': { state: 'in', failedDials: 1, failedChecks: 0 },
  'in, 2 dials failed': { state: 'in', failedDials: 2, failedChecks: 0 },
  'in, 1 check failed': { state: 'in', failedDials: 0, failedChecks: 1 },
  'in, 2 checks failed': { state: 'in', failedDials: 0, failedChecks: 2 },
  'in, 1 dial and 1 check failed': { state: 'in', failedDials: 1, failedChecks: 1 },
  'in, 1 dial and 2 checks failed': { state: 'in', failedDials: 1, failedChecks: 2 },
  'in, 2 dials and 1 check failed': { state: 'in', failedDials: 2, failedChecks: 1 },
  'in, 2 dials and 2 checks failed': { state: 'in', failedDials: 2, failedChecks: 2 },
  'paused 10 s': { state: 'paused', until: 11_000, pause: 10_000, failedChecks: 0 },
  'paused 20 s': { state: 'paused', until: 21_000, pause: 20_000, failedChecks: 0 },
  'paused 60 s': { state: 'paused', until: 61_000, pause: 60_000, failedChecks: 0 },
  'paused 10 s, 1 check failed': { state: 'paused', until: 11_000, pause: 10_000, failedChecks: 1 },
  'paused 10 s, 2 checks failed': { state: 'paused', until: 11_000, pause: 10_000, failedChecks: 2 },
  'pause of 10 s just over': { state: 'paused', until: 1000, pause: 10_000, failedChecks: 0 },
  'pause of 40 s just over': { state: 'paused', until: 1000, pause: 40_000, failedChecks: 0 },
  'pause of 60 s just over': { state: 'paused', until: 1000, pause: 60_000, failedChecks: 0 },
  'on trial after 10 s': { state: 'on trial', until: 11_000, pause: 10_000, failedChecks: 0 },
  'on trial after 10 s, 1 check failed': { state: 'on trial', until: 11_000, pause: 10_000, failedChecks: 1 },
  'pause of 10 s just over, 1 check failed': { state: 'paused', until: 1000, pause: 10_000, failedChecks: 1 },
  'on trial after 40 s, 1 check failed': { state: 'on trial', until: 11_000, pause: 40_000, failedChecks: 1 },
  'on trial after 60 s, 1 check failed': { state: 'on trial', until: 11_000, pause: 60_000, failedChecks: 1 },
  'trial lapsed after 10 s, 1 check failed': { state: 'on trial', until: 900, pause: 10_000, failedChecks: 1 },
  'on trial after 40 s': { state: 'on trial', until: 11_000, pause: 40_000, failedChecks: 0 },
  'on trial after 60 s': { state: 'on trial', until: 11_000, pause: 60_000, failedChecks: 0 },
  'trial lapsed after 10 s': { state: 'on trial', until: 900, pause: 10_000, failedChecks: 0 },
  down: { state: 'down', succeededChecks: 0 },
  'down, 1 check succeeded': { state: 'down', succeededChecks: 1 },
};

const same = '=';

it.each([
  // health            dial failed, dial succeeded, check failed, check succeeded, picked, given up
  ['in', 'in, 1 dial failed', same, 'in, 1 check failed', same, same, same],
  ['in, 1 dial failed', 'in, 2 dials failed', 'in', 'in, 1 dial and 1 check failed', same, same, same],
  ['in, 2 dials failed', 'paused 10 s', 'in', 'in, 2 dials and 1 check failed', same, same, same],
  ['in, 1 check failed', 'in, 1 dial and 1 check failed', same, 'in, 2 checks failed', 'in', same, same],
  ['in, 2 checks failed', 'in, 1 dial and 2 checks failed', same, 'down', 'in', same, same],
  [
    'in, 2 dials and 2 checks failed',
    'paused 10 s, 2 checks failed',
    'in, 2 checks failed',
    'down',
    'in, 2 dials failed',
    same,
    same,
  ],
  ['paused 10 s', same, 'in', 'paused 10 s, 1 check failed', same, same, same],
  ['paused 10 s, 2 checks failed', same, 'in, 2 checks failed', 'down', 'paused 10 s', same, same],
  ['pause of 10 s just over', same, 'in', 'pause of 10 s just over, 1 check failed', same, 'on trial after 10 s', same],
  [
    'on trial after 10 s',
    'paused 20 s',
    'in',
    'on trial after 10 s, 1 check failed',
    same,
    same,
    'pause of 10 s just over',
  ],
  [
    'on trial after 40 s',
    'paused 60 s',
    'in',
    'on trial after 40 s, 1 check failed',
    same,
    same,
    'pause of 40 s just over',
  ],
  [
    'on trial after 60 s',
    'paused 60 s',
    'in',
    'on trial after 60 s, 1 check failed',
    same,
    same,
    'pause of 60 s just over',
  ],
  [
    'trial lapsed after 10 s',
    'paused 20 s',
    'in',
    'trial lapsed after 10 s, 1 check failed',
    same,
    'on trial after 10 s',
    'pause of 10 s just over',
  ],
  ['down', same, same, same, 'down, 1 check succeeded', same, same],
  ['down, 1 check succeeded', same, same, 'down', 'in', same, same],
])('%s', (before, ...after) => {
  const health = spoken[before] ?? inHealth;
  for (const [column, [happening, happen]] of Object.entries(happenings).entries()) {
    const expected = after[column] ?? '';
    expect(happen(health), happening).toEqual(expected === same ? health : spoken[expected]);
  }
});

it.each(Object.keys(happenings))('%s changes nothing without making a new object', (happening) => {
  const happen = happenings[happening as keyof typeof happenings];
  const unchanged = Object.values(spoken).filter((health) => {
    const after = happen(health);
    return JSON.stringify(after) === JSON.stringify(health) && health.state !== 'down' && after !== health;
  });
  expect(unchanged).toEqual([]);
});

describe('ready for sessions while there is a choice', () => {
  it.each([
    ['in, 2 dials and 2 checks failed', true],
    ['paused 10 s', false],
    ['pause of 10 s just over', true],
    ['on trial after 10 s', false],
    ['trial lapsed after 10 s', true],
    ['down, 1 check succeeded', false],
  ])('%s: %s', (health, ready) => {
    expect(isReady(spoken[health] ?? inHealth, 1000)).toBe(ready);
  });
});
