/** A copy of a tree of plain data. What is frozen, as long lists are, can be shared as it is. */
export function copyUnfrozen<T>(value: T): T {
  return copyOf(value) as T;
}

function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  return Object.fromEntries(Object.entries(value).map(([key, below]) => [key, copyOf(below)]));
}
