import type { Refusal } from '../admin/control.ts';
import { count } from '../base/count.ts';
import type { Problem } from '../base/problem.ts';
import { formatProblem, placeText, sortProblems } from '../config/format-problem.ts';
import type { LoadedConfig } from '../config/read-config.ts';
import type { SettingChange } from '../plan/diff-plans.ts';
import type { Plan } from '../plan/plan.ts';
import type { ListenerFailures } from './listener-failure.ts';

/** Columns that the line of a file may take, as for a terminal of usual width. */
const width = 100;

export const ending: Refusal = {
  status: 409,
  detail: 'Cannot change anything: the gateway drains and is about to end; start it anew',
};

/** Problems of a configuration. */
export function refusalOf(problems: readonly Problem[]): Refusal {
  return {
    status: 422,
    detail: `Cannot apply the configuration: it has ${count(problems.length, 'problem')}; nothing has changed`,
    problems: sortProblems(problems).map((problem) => {
      const place = placeText(problem.place);
      const { message } = problem;
      return { ...(place !== undefined && { place }), message, text: formatProblem(problem, width) };
    }),
  };
}

/** What a running gateway cannot change; undefined where that is nothing. */
export function needRestart(settings: readonly SettingChange[], { place }: LoadedConfig): Refusal | undefined {
  if (settings.length === 0) return undefined;
  return refusalOf(
    settings.map(({ name, before, after }): Problem => {
      const values = `${after === '' ? 'none' : after}, and the gateway runs with ${before === '' ? 'none' : before}`;
      const message = `Cannot change ${name} now: it is ${values}; that needs a restart`;
      return { place: place(name.split('.')), message };
    }),
  );
}

/** Listeners that could not be opened, and old ones that were lost with that. */
export function listenersFailed(
  { failures, lost }: { readonly failures: readonly ListenerFailures[]; readonly lost: readonly ListenerFailures[] },
  { listeners }: Plan,
): Refusal {
  const all = count(listeners.length, 'listener');
  const rest =
    lost.length === 0
      ? 'nothing has changed'
      : `the old ones were opened again, but for ${listenersIn(lost)}; free their ports, and reload`;
  return {
    status: 422,
    detail: `Cannot serve: ${listenersIn(failures)} of ${all} could not be opened; ${rest}`,
    problems: [...failures, ...lost].map(({ message }) => ({ message, text: message })),
  };
}

function listenersIn(failures: readonly ListenerFailures[]): number {
  return failures.reduce((sum, { listeners }) => sum + listeners.length, 0);
}
