import { expect, it } from 'vitest';
import { Admission, GlobalScope } from '../../src/policy/admission.ts';
import type { FreshTables } from '../../src/policy/fresh-tables.ts';
import { LoopLimit } from '../../src/policy/loop-limit.ts';
import { QuickEnds } from '../../src/policy/quick-ends.ts';
import { emptyLoad } from '../../src/policy/session-limit.ts';
import { SessionCounts } from '../../src/session/session-counts.ts';
import { DialSources } from '../../src/upstream/dial-sources.ts';
import { Pool } from '../../src/upstream/pool.ts';
import { longTimeouts, plannedListener, plannedPool, plannedRules, plannedTarget } from '../helpers/planned.ts';

const client = 0xc000_0207;
const perSource = { sessions: 9, ipv4Prefix: 32, ipv6Prefix: 64 };

it.each<[string, (counts: SessionCounts, pool: Pool) => void, { sources: number; targets: number }]>([
  ['is not admitted yet', () => {}, { sources: 0, targets: 0 }],
  ['has no target', (counts) => counts.admitted(client, client, 'no target'), { sources: 1, targets: 0 }],
  [
    'has a target',
    (counts, { targets: [first] }) => {
      if (first === undefined) throw new Error('Cannot test: the pool has no target');
      counts.admitted(client, client, first);
      counts.chosen(first);
    },
    { sources: 1, targets: 1 },
  ],
  [
    'has left its target, and goes on to the next',
    (counts, { targets: [first] }) => {
      if (first === undefined) throw new Error('Cannot test: the pool has no target');
      counts.admitted(client, client, first);
      counts.chosen(first);
      counts.leaveTarget();
    },
    { sources: 1, targets: 0 },
  ],
  [
    'has ended',
    (counts) => {
      counts.admitted(client, client, 'no target');
      counts.leave(0, undefined);
    },
    { sources: 0, targets: 0 },
  ],
])('a session that %s is counted by new limits as far as it is there, and leaves nothing', (_, happen, expected) => {
  const globals = new GlobalScope({});
  const admission = new Admission(plannedRules(), globals);
  const pool = new Pool(plannedPool([plannedTarget(80)]));
  const counts = new SessionCounts(
    {
      listener: plannedListener({ address: '127.0.0.1', port: 1, dualStack: false }, pool.planned),
      load: emptyLoad(9),
      admission,
      pool,
      dialFrom: new DialSources([]),
      loops: new LoopLimit(undefined, () => false),
      quickEnds: new QuickEnds(undefined),
      timeouts: longTimeouts,
      sendsProxyHeader: false,
    },
    { answered: false },
  );
  happen(counts, pool);
  const fresh: FreshTables = new Set();
  globals.update({ perSource, perTarget: 9 }, fresh, 0);
  admission.update(plannedRules({ limits: { perSource } }), fresh, 0);
  counts.restore(fresh);
  expect({ sources: globals.sources.size, targets: globals.targets.size }).toEqual(expected);
  counts.leave(0, undefined);
  expect([globals.sources.size, globals.targets.size]).toEqual([0, 0]);
});
