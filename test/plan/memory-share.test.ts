import { describe, expect, test } from 'vitest';
import { shareMemory } from '../../src/plan/memory-share.ts';
import { problemsOf } from '../config/load.ts';
import { plan } from './planning.ts';

const MiB = 2 ** 20;
const KiB = 2 ** 10;
const memory = (limit: number) => ({ memory: { limit: limit * MiB, source: 'cgroup' as const } });
const splice = { usable: true } as const;

test.each([
  [512, 128, 3413],
  [1024, 256, 7509],
  [4096, 1024, 32_085],
  [128, 32, 341],
  [80, 20, 64],
  [1, 4, 64],
])('%i MiB: %i MiB may be held, and %i sessions fit', (limit, budget, sessions) => {
  expect(shareMemory({ limit: limit * MiB, source: 'machine' }, 'auto')).toMatchObject({
    budget: budget * MiB,
    sessions,
  });
});

test.each([128, 256, 512, 1024, 65_536])('%i MiB are never overdrawn', (limit) => {
  const { budget, sessions } = shareMemory({ limit: limit * MiB, source: 'machine' }, 'auto');
  expect(64 * MiB + budget + sessions * 96 * KiB).toBeLessThanOrEqual(limit * MiB);
});

describe('sessions: auto', () => {
  test('knows memory, and shows it', () => {
    const limits = plan({ facts: memory(512) }).limits;
    expect(limits.sessions).toBe(3413);
    expect(limits.perListener).toBe(1706);
    expect(limits.memory).toBe(128 * MiB);
    expect(limits.explanation).toBe(
      "3,413 sessions by memory: (the cgroup's 512 MiB - 64 MiB for Node.js - 128 MiB held) / 96 KiB; descriptors " +
        'allow 9,310',
    );
  });

  test('524,288 descriptors and little memory', () => {
    const descriptors = { limit: 524_288, open: 24, source: 'proc' as const };
    expect(plan({ facts: { descriptors, ...memory(512) } }).limits.sessions).toBe(3413);
    expect(plan({ facts: { descriptors, splice, ...memory(2048) } }).limits.sessions).toBe(15_701);
  });

  test('more memory never means fewer sessions', () => {
    let before = 0;
    for (let limit = 16; limit < 4096; limit += 61) {
      const { sessions } = plan({ facts: memory(limit) }).limits;
      expect(sessions).toBeGreaterThanOrEqual(before);
      before = sessions;
    }
    expect(before).toBe(9310);
  });

  test('what is configured for holding is not there for sessions', () => {
    const limits = plan({ flags: { memory: '256MiB' }, facts: memory(512) }).limits;
    expect(limits).toMatchObject({ memory: 256 * MiB, sessions: 2048 });
    expect(limits.explanation).toContain('- 256 MiB held)');
  });
});

test('little memory means few pipes', () => {
  const pipes = (limit: number) => plan({ facts: { splice, ...memory(limit) } }).limits.pipes;
  expect([8192, 512, 256, 128, 16].map(pipes)).toEqual([32, 32, 16, 8, 4]);
});

test('more sessions than memory carries, as configured: a note', () => {
  const noted = plan({ flags: { sessions: '5000' }, facts: memory(512) });
  expect(noted.limits.sessions).toBe(5000);
  expect(noted.notes).toContainEqual(
    "5,000 sessions as configured may need more memory than there is: it carries 3,413, (the cgroup's 512 MiB - 64 " +
      'MiB for Node.js - 128 MiB held) / 96 KiB',
  );
  expect(plan({ flags: { sessions: '3000' }, facts: memory(512) }).notes.join()).not.toContain('more memory');
});

test.each(['lots', '256', '256MB', '1.5GiB', '100KiB', ''])('limits.memory: %j is refused', (text) => {
  expect(problemsOf({ yaml: `limits: { memory: "${text}" }` })).toEqual([
    expect.stringContaining('write auto, or a size like 256MiB or 2GiB, from 1MiB up'),
  ]);
});

test('limits.memory by flag and environment', () => {
  expect(plan({ flags: { memory: '1GiB' } }).limits.memory).toBe(2 ** 30);
  expect(plan({ environment: { FLOATGATE_MEMORY: '64MiB' } }).limits.memory).toBe(64 * MiB);
});
