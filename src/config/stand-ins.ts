import type { ConfigPath } from './layer.ts';

/*
 * What stands in for a value that must be there: the rest of the service or forward is worth a look, too. Whoever uses
 * such a value asks `LoadedConfig.readable` first; nothing is wrong with a name as a target before it is looked up.
 */

const port = 1;

/** A forward of which nothing is known; it keeps its place in the list. */
export const unreadableForward = { listen: port, to: 'unreadable.invalid:1' } as const;

/** What stands in for the value at a path; `undefined` where it may as well be left out. */
export function standInFor(path: ConfigPath): unknown {
  const [section, ...rest] = path;
  const last = path.at(-1);
  if (section === 'gateway') {
    return path.length === 4 && rest[0] === 'services' && (last === 'base' || last === 'port') ? port : undefined;
  }
  const inForward = section === 'forwards' && path.length === 3;
  return inForward && (last === 'listen' || last === 'to') ? unreadableForward[last] : undefined;
}
