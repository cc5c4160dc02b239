/** Whether two values of plain data are equal, all the way down. A key that is undefined counts as absent. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => same(item, b[index]));
  }
  return !Array.isArray(b) && differingKeys(a, b).length === 0;
}

/** The keys in which two records differ. */
export function differingKeys(a: object, b: object): readonly string[] {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].filter((key) => !same(Reflect.get(a, key), Reflect.get(b, key)));
}
