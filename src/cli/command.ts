import type { ConfigSources } from '../config/read-config.ts';
import { type Setting, type Switch, settings } from '../config/settings.ts';
import type { ExitCode, Io } from './io.ts';

/** One command of the command line. */
export interface Command {
  readonly name: string;
  /** Positionals as help shows them, empty where there are none. */
  readonly positionals: '' | 'LISTEN=TARGET[,TARGET...]...' | '[SHELL]' | '[TOPIC]' | '[LEVEL]';
  /** At most 60 columns, for the list of commands. */
  readonly brief: string;
  /** A sentence or two, for its own help. */
  readonly summary: string;
  readonly settings: readonly Setting[];
  readonly switches: readonly SwitchOption[];
  /** Flags with a value that is no setting of a gateway. */
  readonly options?: readonly ValueOption[];
  /** Whether `--config` makes sense. */
  readonly config: 'takes a file' | 'takes no file';
  /** The flags that `--help` shows, and what they mean; left out: all of them. `--help --all` has the others, too. */
  readonly common?: readonly CommonFlag[];
  /** Command lines (without `floatgate`) and what they do. */
  readonly examples: readonly (readonly [string, string])[];
  run(given: Arguments, io: Io): Promise<ExitCode>;
}

/** A flag with its placeholder, and what it means in a few words. */
type CommonFlag = readonly [flag: string, text: string];

/** A flag that is on or off. */
export interface SwitchOption {
  readonly flag: Switch | 'schema' | 'reverse' | 'kill' | 'watch' | 'dry-run' | 'cut-removed' | 'wait' | 'to-running';
  /** One letter: `-v`. */
  readonly short?: string;
  readonly description: string;
}

/** A flag of one command, with one value. */
export interface ValueOption {
  readonly flag: string;
  /** What stands for the value in help texts. */
  readonly placeholder: string;
  readonly description: string;
  /** The value is a list with commas. */
  readonly list?: 'with commas';
}

/** What was typed after the command's name. */
export interface Arguments {
  readonly positionals: readonly string[];
  readonly file?: string;
  /** Settings, and switches that are part of the environment, too, as `true` or `false`. */
  readonly flags: ConfigSources['flags'];
  /** By flag. */
  readonly options: ReadonlyMap<ValueOption['flag'], string>;
  /** Those that are on. */
  readonly switches: ReadonlySet<SwitchOption['flag']>;
}

export const skipBusy: SwitchOption = {
  flag: 'skip-busy',
  description: 'Serve the rest when some ports are busy (default: serve nothing)',
};
export const verbose: SwitchOption = {
  flag: 'verbose',
  short: 'v',
  description: 'Show session lines on a terminal',
};
export const watch: SwitchOption = {
  flag: 'watch',
  description: 'Apply edits of the configuration file by themselves (default: at SIGHUP or floatgate reload)',
};
export const json: SwitchOption = { flag: 'json', description: 'Print JSON' };

/** Settings that concern the mapped subnet, which `forward` does not serve. */
export function isGatewaySetting({ path, flag }: Setting): boolean {
  return path[0] === 'gateway' || flag === 'metadata-timeout';
}

export function settingsNamed(...flags: readonly string[]): readonly Setting[] {
  return settings.filter(({ flag }) => flags.includes(flag));
}

export const configFlag: CommonFlag = ['--config FILE', 'Configuration file, YAML'];

/** The flags of the mapped subnet that most people need. */
export const subnetFlags: readonly CommonFlag[] = [
  ['--subnet CIDR', "Network to map (default: auto, the default route's)"],
  ['--hosts RANGE', 'Host numbers to map, like 1-20,30 (default: 1-254)'],
  ['--skip LIST', 'Host numbers to leave out, like 17,100-110'],
  ['--service NAME=BASE:PORT', 'Services to map instead of the three default ones'],
];

/** The flags of a gateway that most people need, whatever it serves. */
export const servingFlags: readonly CommonFlag[] = [
  ['--allow CIDR', 'Networks that clients may come from (default: all)'],
  ['--bind ADDR', 'Addresses to listen on (default: all)'],
  configFlag,
  ['--skip-busy', 'Serve the rest when some ports are busy'],
  ['-v, --verbose', 'Show session lines on a terminal'],
];
