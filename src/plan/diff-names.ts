/** What has changed among things that have names. */
export interface NameChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** With the keys that differ, for people: `access.allow`, `timeouts.idle`, `targets`. */
  readonly changed: readonly { readonly name: string; readonly keys: readonly string[] }[];
}

/** `changedKeys`: the keys in which two things of one name differ. */
export function diffNames<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  changedKeys: (before: T, after: T) => readonly string[],
): NameChanges {
  const both = [...after].flatMap(([name, now]) => {
    const was = before.get(name);
    return was === undefined ? [] : [{ name, keys: changedKeys(was, now) }];
  });
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    changed: both.filter(({ keys }) => keys.length > 0),
  };
}
