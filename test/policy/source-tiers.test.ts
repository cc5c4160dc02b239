import { describe, expect, it } from 'vitest';
import { type Ip, parseIp } from '../../src/base/ip.ts';
import { SourceTiers } from '../../src/policy/source-tiers.ts';
import { perSource } from './rules.ts';

function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return parsed;
}

/** Admits as many as may enter; returns the decisions. */
function come(tiers: SourceTiers, addresses: readonly string[], now = 0) {
  return addresses.map((address) => {
    const denial = tiers.check(ip(address), now);
    if (denial === undefined) tiers.enter(ip(address), now);
    return denial ?? 'in';
  });
}

const sites = (count: number, site = '2001:db8:1') => Array.from({ length: count }, (_, n) => `${site}:${n + 1}::1`);

describe('an IPv6 /48', () => {
  const sessions = perSource({ sessions: 2, ipv6Network: { sessions: 4, prefix: 48 } });

  it('bounds the sessions of all its /64 together, and no one else', () => {
    const tiers = new SourceTiers(sessions);
    expect(come(tiers, sites(5))).toEqual(['in', 'in', 'in', 'in', 'source sessions']);
    expect(come(tiers, ['2001:db8:2:1::1', '10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'])).not.toContain(
      'source sessions',
    );
  });

  it('lets each of them have its own share alone', () => {
    const tiers = new SourceTiers(sessions);
    expect(come(tiers, ['2001:db8:1:1::1', '2001:db8:1:1::2', '2001:db8:1:1::3', '2001:db8:1:2::1'])).toEqual([
      'in',
      'in',
      'source sessions',
      'in',
    ]);
  });

  it('has room again when one of them leaves, whichever', () => {
    const tiers = new SourceTiers(sessions);
    come(tiers, sites(4));
    tiers.leave(ip('2001:db8:1:3::1'), 1);
    expect(come(tiers, ['2001:db8:1:99::1', '2001:db8:1:98::1'], 1)).toEqual(['in', 'source sessions']);
  });

  it('bounds their rate together', () => {
    const rate = { sessions: 1, per: 60_000, burst: 1 };
    const tiers = new SourceTiers(perSource({ rate, ipv6Network: { rate: { ...rate, burst: 4 }, prefix: 48 } }));
    expect(come(tiers, sites(5))).toEqual(['in', 'in', 'in', 'in', 'source rate']);
    expect(come(tiers, sites(9).slice(4, 6), 60_001)).toEqual(['in', 'source rate']);
  });

  it('counts for nothing where a source is as large', () => {
    const tiers = new SourceTiers(perSource({ sessions: 1 }));
    expect(come(tiers, sites(9))).not.toContain('source sessions');
  });
});

it('IPv4 has one tier', () => {
  const tiers = new SourceTiers(perSource({ sessions: 1, ipv6Network: { sessions: 1, prefix: 48 } }));
  expect(come(tiers, ['10.0.0.1', '10.0.0.2', '10.0.0.1'])).toEqual(['in', 'in', 'source sessions']);
});
