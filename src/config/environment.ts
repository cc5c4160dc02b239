import type { Problem } from '../base/problem.ts';
import { nearest } from './nearest.ts';
import { environmentName, type Switch, settings, switches } from './settings.ts';
import type { GivenSetting } from './settings-layer.ts';

/** What the environment says, as far as it concerns us. */
export interface GivenEnvironment {
  readonly given: readonly GivenSetting[];
  /** FLOATGATE_CONFIG. */
  readonly file?: string;
  readonly switches: ReadonlySet<Switch>;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Reads `FLOATGATE_*`. A variable that is empty counts as not set, so that a wrapper can pass all of them on. */
export function readEnvironment(environment: Readonly<Record<string, string | undefined>>): GivenEnvironment {
  const value = (flag: string): string | undefined => environment[environmentName(flag)] || undefined;
  const given = settings.flatMap((setting): GivenSetting[] => {
    const text = value(setting.flag);
    if (text === undefined) return [];
    return [{ setting, texts: [text], place: { kind: 'environment', name: environmentName(setting.flag) } }];
  });

  const problems: Problem[] = [];
  const on = new Set<Switch>();
  for (const flag of switches) {
    const text = value(flag);
    if (text === undefined) continue;
    if (/^(1|true|yes|on)$/i.test(text)) on.add(flag);
    else if (!/^(0|false|no|off)$/i.test(text)) {
      const name = environmentName(flag);
      const message = `Cannot read ${name}: current value is ${JSON.stringify(text)}; write true or false`;
      problems.push({ place: { kind: 'environment', name }, message });
    }
  }

  const known = ['config', ...settings.map(({ flag }) => flag), ...switches].map(environmentName);
  const warnings = Object.keys(environment)
    .filter((name) => name.startsWith('FLOATGATE_') && !known.includes(name))
    .map((name) => {
      const near = nearest(
        name.slice('FLOATGATE_'.length),
        known.map((other) => other.slice('FLOATGATE_'.length)),
      );
      const wayOut = near === undefined ? 'unset it' : `did you mean FLOATGATE_${near}?`;
      return `Cannot use ${name}: there is no such setting; ${wayOut}`;
    });
  const file = value('config');
  return { given, switches: on, problems, warnings, ...(file !== undefined && { file }) };
}
