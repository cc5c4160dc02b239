import type { ConfigPath } from './layer.ts';
import type { Config } from './schema.ts';
import type { OwnSettings } from './scope-settings.ts';

/** A service or a forward, as a place for settings of its own. */
export interface Scope {
  /** `service ssh`, `forward 8080`; unique among those that can be served together. */
  readonly name: string;
  readonly path: ConfigPath;
  readonly own: OwnSettings;
}

/** The services and forwards of a configuration, in its order. */
export function scopesOf({ gateway, forwards }: Config): readonly Scope[] {
  return [
    ...Object.entries(gateway?.services ?? {}).map(([name, own]) => ({
      name: `service ${name}`,
      path: ['gateway', 'services', name],
      own,
    })),
    ...forwards.map((own, index) => ({ name: `forward ${own.listen.text}`, path: ['forwards', index], own })),
  ];
}
