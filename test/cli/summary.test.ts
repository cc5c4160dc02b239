import { expect, it } from 'vitest';
import { readySummary } from '../../src/cli/summary.ts';
import type { Gateway } from '../../src/gateway/gateway.ts';
import { plan } from '../plan/planning.ts';

/** A gateway that serves all of it. */
const gateway: Gateway = {
  skipped: [],
  served: 762,
  sessions: () => [],
  endings: () => ({}),
  denials: () => [],
  drain: async () => {},
  close: async () => {},
};

const summary = (flags: Readonly<Record<string, string>>, style: 'terminal' | 'json') =>
  readySummary({ plan: plan({ flags }), gateway, commands: () => [], style });

it('says at start what one source may take', () => {
  const line = (flags = {}) => summary(flags, 'terminal').filter((text) => text.includes('each source'));
  expect(line()).toEqual(['            each source (IPv4 /32, IPv6 /64) 1,164 sessions at once']);
  expect(line({ 'per-source-sessions': 'unlimited' })).toEqual([]);
  expect(summary({}, 'terminal')).toContain('            each IPv6 /48 4,656 sessions at once');
  const [event = ''] = summary({}, 'json');
  const ipv6Network = { sessions: 4656, prefix: 48 };
  expect(JSON.parse(event)).toMatchObject({
    limits: { perSource: { sessions: 1164, ipv4Prefix: 32, ipv6Prefix: 64, ipv6Network } },
  });
});
