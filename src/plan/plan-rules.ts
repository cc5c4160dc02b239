import { figure } from '../base/count.ts';
import type { Problem } from '../base/problem.ts';
import type { LoadedConfig } from '../config/read-config.ts';
import type { Config } from '../config/schema.ts';
import type { OwnSettings } from '../config/scope-settings.ts';
import { type Scope, scopesOf } from '../config/scopes.ts';
import { sessionTimeouts as ofSessions, type SessionTimeouts } from '../config/timeouts.ts';
import type { Plan, PlannedLimits, PlannedRules, PlannedSessionTimeouts } from './plan.ts';
import { sharedLimits } from './plan-limits.ts';
import { autoPerListener } from './session-limit.ts';

/** The rules of each service and forward: its own settings laid over the global ones. */
export function planRules(loaded: LoadedConfig, limits: PlannedLimits, listeners: number): Plan['rules'] {
  const { access, timeouts, acceptProxy, dialFrom } = loaded.config;
  const distinct = distinctLists();
  const rulesOf = ({ own }: Scope): PlannedRules => {
    const share = own.limits?.perListener;
    return {
      access: {
        allow: distinct(own.access?.allow ?? access.allow),
        deny: distinct(access.deny, own.access?.deny),
      },
      limits: {
        ...(own.limits?.sessions !== undefined && { sessions: own.limits.sessions }),
        ...sharedLimits(own.limits ?? {}, limits.sessions),
      },
      perListener:
        share === undefined
          ? limits.perListener
          : share === 'auto'
            ? autoPerListener(limits.sessions, listeners)
            : share,
      timeouts: sessionTimeouts(timeouts, own.timeouts),
      acceptProxyFrom: distinct((own.acceptProxy ?? acceptProxy).from),
      dialFrom: distinct(own.dialFrom ?? dialFrom),
    };
  };
  return Object.fromEntries(scopesOf(loaded.config).map((scope) => [scope.name, rulesOf(scope)]));
}

/** The default of `dialTotal`; a longer `dial` must have its time all the same. */
const defaultDialTotal = 10_000;

/** The time-outs of a service or forward: each of its own in place of the global one. */
function sessionTimeouts(global: Config['timeouts'], own: OwnSettings['timeouts'] = {}): PlannedSessionTimeouts {
  const all = Object.entries({ ...global, ...own }).filter(([key]) => Object.hasOwn(ofSessions, key));
  const merged = Object.fromEntries(all) as SessionTimeouts;
  return { ...merged, dialTotal: merged.dialTotal ?? Math.max(defaultDialTotal, merged.dial) };
}

/** The problems of limits of services and forwards. */
export function checkRules(loaded: LoadedConfig, limits: PlannedLimits): readonly Problem[] {
  return scopesOf(loaded.config).flatMap((scope) => tooManySessions(scope, loaded, limits));
}

/** A limit that can never be reached is a mistake, as it is for `limits.perListener`. */
function tooManySessions(scope: Scope, loaded: LoadedConfig, all: PlannedLimits): readonly Problem[] {
  const { name, path, own } = scope;
  const problems: Problem[] = [];
  const { sessions, perListener } = own.limits ?? {};
  if (sessions !== undefined && sessions > all.sessions) {
    const why = `all listeners together have ${figure(all.sessions)}`;
    const message = `Cannot allow ${figure(sessions)} sessions for ${name}: ${why}; write ${all.sessions} or less`;
    problems.push({ place: loaded.place([...path, 'limits', 'sessions']), message });
  }
  const most = Math.min(all.sessions, sessions ?? all.sessions);
  if (typeof perListener === 'number' && perListener > most) {
    const what = `${figure(perListener)} sessions per listener of ${name}`;
    const message = `Cannot allow ${what}: all of them together have ${figure(most)}; write ${most} or less`;
    problems.push({ place: loaded.place([...path, 'limits', 'perListener']), message });
  }
  return problems;
}

/** A longer list is not searched for items that stand twice: that takes long, and its ranges are merged anyway. */
const mostLooked = 10_000;

/** One list, or two one behind the other, with each item once; for the same list the same result. */
function distinctLists(): (texts: readonly string[], more?: readonly string[]) => readonly string[] {
  const known = new Map<readonly string[], readonly string[]>();
  return (texts, more = []) => {
    if (more.length === 0) {
      const made = known.get(texts) ?? distinct(texts);
      known.set(texts, made);
      return made;
    }
    return distinct([...texts, ...more]);
  };
}

function distinct(texts: readonly string[]): readonly string[] {
  return texts.length > mostLooked ? texts : [...new Set(texts)];
}
