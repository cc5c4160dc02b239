import { ExhaustedTargets } from '../../src/upstream/exhausted-targets.ts';
import { type Lookup, Resolver } from '../../src/upstream/resolver.ts';
import type { DialContext } from '../../src/upstream/target-dial.ts';
import type { TargetGuard } from '../../src/upstream/target-guard.ts';

const openGuard: TargetGuard = { check: () => undefined, watches: () => false, checkConnected: () => undefined };

/** What dials share, with nothing remembered yet. Everything may be dialed, but what `guard` excludes. */
export function dialContext(lookup?: Lookup, guard: Partial<TargetGuard> = {}): DialContext {
  return { resolver: new Resolver(lookup), exhausted: new ExhaustedTargets(), guard: { ...openGuard, ...guard } };
}
