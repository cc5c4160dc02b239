import type { Problem } from '../base/problem.ts';
import { nearest } from './nearest.ts';
import { environmentName, readSwitch, type Switch, settings, switches, switchProblem } from './settings.ts';
import type { GivenSetting } from './settings-layer.ts';

/** What `FLOATGATE_*` variables give. */
export interface GivenEnvironment {
  readonly given: readonly GivenSetting[];
  /** FLOATGATE_CONFIG. */
  readonly file?: string;
  readonly switches: ReadonlySet<Switch>;
  readonly problems: readonly Problem[];
  /** At most one line. */
  readonly warnings: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads `FLOATGATE_*`. A variable that is empty counts as not set, so that a wrapper can pass all of them on. */
export function readEnvironment(environment: Environment): GivenEnvironment {
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
    const position = readSwitch(text);
    const name = environmentName(flag);
    if (position === undefined) {
      problems.push({ place: { kind: 'environment', name }, message: switchProblem(name, text) });
    } else if (position === 'on') on.add(flag);
  }

  const file = value('config');
  return {
    given,
    switches: on,
    problems,
    warnings: unknownVariables(environment),
    ...(file !== undefined && { file }),
  };
}

/** The switches that are on: a flag wins over its variable. */
export function switchesOn(
  environment: ReadonlySet<Switch>,
  flags: Readonly<Record<string, string | readonly string[] | undefined>>,
): ReadonlySet<Switch> {
  const isOn = (flag: Switch): boolean => {
    const text = [flags[flag]].flat().at(-1);
    return text === undefined ? environment.has(flag) : readSwitch(text) === 'on';
  };
  return new Set(switches.filter(isOn));
}

/**
 * Kubernetes sets these for a Service called `floatgate`, or `floatgate-x`:
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
const ofKubernetes =
  /^FLOATGATE_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;
const portOfKubernetes = /^FLOATGATE_(\w+_)?PORT$/;
const endpointOfKubernetes = /^(tcp|udp|sctp):\/\//;

function isOfKubernetes(name: string, value: string | undefined): boolean {
  return ofKubernetes.test(name) || (portOfKubernetes.test(name) && endpointOfKubernetes.test(value ?? ''));
}

/** Names that are listed in the one warning. */
const mostListed = 10;

function unknownVariables(environment: Environment): readonly string[] {
  const known = ['config', ...settings.map(({ flag }) => flag), ...switches].map(environmentName);
  const bare = known.map((name) => name.slice('FLOATGATE_'.length));
  const unknown = Object.keys(environment)
    .filter((name) => name.startsWith('FLOATGATE_') && !known.includes(name))
    .filter((name) => !isOfKubernetes(name, environment[name]))
    .map((name) => ({ name, near: nearest(name.slice('FLOATGATE_'.length), bare) }));
  const [only, ...others] = unknown;
  if (only === undefined) return [];
  if (others.length === 0) {
    const advice = only.near === undefined ? 'unset it' : `did you mean FLOATGATE_${only.near}?`;
    return [`Cannot use ${only.name}: there is no such setting; ${advice}`];
  }
  const listed = unknown
    .slice(0, mostListed)
    .map(({ name, near }) => (near === undefined ? name : `${name} (did you mean FLOATGATE_${near}?)`));
  const more = unknown.length > mostListed ? ` and ${unknown.length - mostListed} more` : '';
  return [
    `Cannot use ${unknown.length} variables: there are no settings ${listed.join(', ')}${more}; correct or unset them`,
  ];
}
