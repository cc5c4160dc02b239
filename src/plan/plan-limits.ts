import type { Config } from '../config/schema.ts';
import type { OwnSettings } from '../config/scope-settings.ts';
import type { PlannedScopeLimits, PlannedSourceLimits } from './plan.ts';

/** The limits of sources and targets, of the global scope or of a service or forward. */
export function sharedLimits({
  perSource,
  perTarget,
}: Config['limits'] | NonNullable<OwnSettings['limits']>): Omit<PlannedScopeLimits, 'sessions'> {
  return {
    ...(perSource !== undefined && { perSource: sourceLimits(perSource) }),
    ...(perTarget !== undefined && { perTarget: perTarget.sessions }),
  };
}

function sourceLimits({ rate, burst, ...rest }: NonNullable<Config['limits']['perSource']>): PlannedSourceLimits {
  return { ...rest, ...(rate !== undefined && { rate: { ...rate, burst: burst ?? rate.sessions } }) };
}
