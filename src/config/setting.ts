/** A setting that a flag and an environment variable can give. */
export interface Setting {
  /** Without dashes: `dial-timeout` is `--dial-timeout` and `FLOATGATE_DIAL_TIMEOUT`. */
  readonly flag: string;
  /** A list may be given many times, and each time with commas. */
  readonly type: 'string' | 'list';
  /** What stands for the value in help texts: `--dial-timeout DURATION`. */
  readonly placeholder: string;
  /** Where the value belongs in the configuration. */
  readonly path: readonly [string, ...string[]];
  /** How the text becomes a configuration value: `count` is a number and `switch` a boolean where it looks like one. */
  readonly reads: 'text' | 'count' | 'switch' | 'services';
  readonly description: string;
}
