import type { Problem } from '../base/problem.ts';
import { type ConfigPath, formatPath } from '../config/layer.ts';
import type { LoadedConfig } from '../config/read-config.ts';
import type { Config } from '../config/schema.ts';
import type { OwnSettings } from '../config/scope-settings.ts';
import { scopesOf } from '../config/scopes.ts';
import type { PlannedNetworkLimits, PlannedRate, PlannedScopeLimits, PlannedSourceLimits } from './plan.ts';

type GivenLimits = Pick<Config['limits'] | NonNullable<OwnSettings['limits']>, 'perSource' | 'perTarget'>;

/** `perSource.sessions: auto` is this share of all sessions, so that no single source can shut others out. */
const share = 8;
/** But at least so many: a household, or an office behind one address, needs them. */
const fewest = 64;
/** An IPv6 /48 is what a site gets (RFC 6177). It may take so many times what one of its /64 may. */
const site = { prefix: 48, sources: 4 };

/** The limits of sources and targets, of the global scope or of a service or forward. @param all sessions in all */
export function sharedLimits({ perSource, perTarget }: GivenLimits, all: number): Omit<PlannedScopeLimits, 'sessions'> {
  const sources = perSource === undefined ? undefined : sourceLimits(perSource, all);
  return {
    ...(sources !== undefined && { perSource: sources }),
    ...(perTarget !== undefined && { perTarget: perTarget.sessions }),
  };
}

/** `undefined` where they limit nothing. */
function sourceLimits(given: NonNullable<GivenLimits['perSource']>, all: number): PlannedSourceLimits | undefined {
  const { ipv4Prefix, ipv6Prefix } = given;
  const sessions = sourceSessions(given.sessions, all);
  const rate = given.rate && { ...given.rate, burst: given.burst ?? given.rate.sessions };
  if (sessions === undefined && rate === undefined) return undefined;
  return {
    ...(sessions !== undefined && { sessions }),
    ...(rate !== undefined && { rate }),
    ipv4Prefix,
    ipv6Prefix,
    ...(ipv6Prefix > site.prefix && { ipv6Network: networkLimits(sessions, rate, all) }),
  };
}

function networkLimits(sessions: number | undefined, rate: PlannedRate | undefined, all: number): PlannedNetworkLimits {
  const { prefix, sources } = site;
  return {
    ...(sessions !== undefined && { sessions: Math.min(all, sources * sessions) }),
    ...(rate !== undefined && {
      rate: { sessions: sources * rate.sessions, per: rate.per, burst: sources * rate.burst },
    }),
    prefix,
  };
}

function sourceSessions(wanted: number | 'auto' | 'unlimited' | undefined, all: number): number | undefined {
  if (wanted === 'auto') return Math.min(all, Math.max(fewest, Math.floor(all / share)));
  return wanted === 'unlimited' ? undefined : wanted;
}

/** What is wrong with the keys of `perSource` together: a flag may give the burst to a rate of the file. */
export function checkSourceLimits({ config, place }: LoadedConfig): readonly Problem[] {
  const all: readonly { readonly path: ConfigPath; readonly limits: GivenLimits | undefined }[] = [
    { path: [], limits: config.limits },
    ...scopesOf(config).map(({ path, own }) => ({ path, limits: own.limits })),
  ];
  return all.flatMap(({ path: around, limits }): Problem[] => {
    const source = limits?.perSource;
    if (source === undefined || source.rate !== undefined) return [];
    const path = [...around, 'limits', 'perSource'];
    if (source.burst !== undefined) {
      const burst = [...path, 'burst'];
      const why = 'a burst is what may come before the rate holds';
      const message = `Cannot use ${formatPath(burst)} alone: ${why}; give a rate beside it, like rate: 20/m`;
      return [{ place: place(burst), message }];
    }
    if (source.sessions !== undefined) return [];
    const message = `Cannot use ${formatPath(path)}: it limits nothing; give it sessions or a rate, like sessions: 64`;
    return [{ place: place(path), message }];
  });
}
