import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Problem } from '../base/problem.ts';
import type { PlaceAt } from './yaml-syntax.ts';

/*
 * Merge keys (yaml.org/type/merge.html): `<<: *defaults`, or `<<: [*a, *b]`, of which the earlier one wins. The keys of
 * the mapping itself win over both.
 */

/** The mappings merged into another one, those that win first. */
export function mergedInto(document: Document, map: YAMLMap): readonly YAMLMap[] {
  return map.items.filter(isMerge).flatMap(({ value }) => sourcesOf(document, value).filter(isMap));
}

/** Merge keys whose value is no mapping. */
export function mergeProblems(document: Document, at: PlaceAt): readonly Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Pair(_, pair) {
      if (!isPair(pair) || !isMerge(pair) || sourcesOf(document, pair.value).every(isMap)) return;
      const [start, end] = (pair.value as Node | null)?.range ?? (pair.key as Node).range ?? [0, 1];
      const message = 'Cannot merge this: << takes a mapping, or a list of them; write an alias of one, like <<: *name';
      problems.push({ place: at(start, end), message });
    },
  });
  return problems;
}

/** The yaml package resolves an unquoted `<<` to a symbol of this name. */
function isMerge({ key }: Pair): boolean {
  return isScalar(key) && typeof key.value === 'symbol' && key.value.description === '<<';
}

function sourcesOf(document: Document, value: unknown): readonly unknown[] {
  const resolved = isAlias(value) ? value.resolve(document) : value;
  if (!isSeq(resolved)) return [resolved];
  return resolved.items.map((item) => (isAlias(item) ? item.resolve(document) : item));
}
