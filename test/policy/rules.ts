import type { PlannedRules, PlannedSourceLimits } from '../../src/plan/plan.ts';

/** Rules that let everyone in, but for what a test changes. */
export function rules(changes: Partial<PlannedRules> = {}): PlannedRules {
  return {
    access: { allow: ['0.0.0.0/0', '::/0'], deny: [] },
    limits: {},
    perListener: 1000,
    timeouts: {
      dial: 5000,
      dialTotal: 10_000,
      idle: 60_000,
      halfClosed: 60_000,
      keepAlive: 60_000,
      proxyHeader: 3000,
    },
    acceptProxyFrom: [],
    dialFrom: [],
    ...changes,
  };
}

/** Limits of each single address or /64, but for what a test changes. */
export function perSource(changes: Partial<PlannedSourceLimits> = {}): PlannedSourceLimits {
  return { ipv4Prefix: 32, ipv6Prefix: 64, ...changes };
}
