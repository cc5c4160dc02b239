import { type SchemaNode, schemaTree } from './schema-tree.ts';

/** A key of the configuration that a flag and an environment variable can give, too. */
export interface Setting {
  /** Without dashes: `dial-timeout` is `--dial-timeout` and `FLOATGATE_DIAL_TIMEOUT`. */
  readonly flag: string;
  /** A list may be given many times, and each time with commas. */
  readonly type: 'string' | 'list';
  /** What stands for the value in help texts: `--dial-timeout DURATION`. */
  readonly placeholder: string;
  /** Where the value belongs in the configuration. */
  readonly path: readonly [string, ...string[]];
  readonly reads: SchemaNode['reads'];
  /** With the default, as help shows it. */
  readonly description: string;
}

/** Every setting that the schema names a flag for, in its order, which is that of help. */
export const settings: readonly Setting[] = settingsIn(schemaTree(), []);

/** Flags that are on or off and are no part of the configuration; the environment gives them too. */
export const switches = ['skip-busy', 'verbose', 'json', 'watch'] as const;
export type Switch = (typeof switches)[number];

/** Reads the text of a switch, of a flag or a variable; `undefined` for any other text. */
export function readSwitch(text: string): 'on' | 'off' | undefined {
  if (/^(1|true|yes|on)$/i.test(text)) return 'on';
  return /^(0|false|no|off)$/i.test(text) ? 'off' : undefined;
}

/** `name` is a variable or a flag with its dashes. */
export function switchProblem(name: string, text: string): string {
  return `Cannot read ${name}: current value is ${JSON.stringify(text)}; write true or false`;
}

/** `dial-timeout` -> `FLOATGATE_DIAL_TIMEOUT`. */
export function environmentName(flag: string): string {
  return `FLOATGATE_${flag.toUpperCase().replaceAll('-', '_')}`;
}

/** The default of a key as people read it; empty where there is none. */
export function defaultText({ about, byDefault }: SchemaNode): string {
  if (about.byDefault !== undefined) return about.byDefault;
  if (typeof byDefault !== 'object') return byDefault === undefined ? '' : String(byDefault);
  return Array.isArray(byDefault) && byDefault.length > 0 ? byDefault.join(', ') : '';
}

function settingsIn(node: SchemaNode, around: readonly string[]): readonly Setting[] {
  return [...node.keys].flatMap(([key, below]): readonly Setting[] => {
    const path: Setting['path'] = [around[0] ?? key, ...[...around, key].slice(1)];
    const { flag, description = '' } = below.about;
    if (flag === undefined) return settingsIn(below, path);
    const byDefault = defaultText(below);
    return [
      {
        flag,
        type: below.reads === 'list' || below.reads === 'services' ? 'list' : 'string',
        placeholder: below.placeholder,
        path,
        reads: below.reads,
        description: byDefault === '' ? description : `${description} (default: ${byDefault})`,
      },
    ];
  });
}
