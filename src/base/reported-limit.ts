/**
 * The soft limit of open files in `process.report` (getrlimit(2)), for systems without /proc; no limit counts as
 * `unlimited` descriptors. `undefined` where the report has none. The report is made in memory and sent nowhere.
 */
export function reportedDescriptorLimit(unlimited: number): number | undefined {
  const { report } = process;
  if (report === undefined) return undefined;
  // With it, no addresses of open sockets are looked up by name: https://nodejs.org/api/report.html (since 20.13).
  const before: unknown = Reflect.get(report, 'excludeNetwork');
  if (before === undefined) return undefined;
  try {
    Reflect.set(report, 'excludeNetwork', true);
    return softLimit(report.getReport(), unlimited);
  } catch {
    return undefined;
  } finally {
    Reflect.set(report, 'excludeNetwork', before);
  }
}

/** Reads `{ userLimits: { open_files: { soft: 1024 } } }`; the soft limit may be the word `unlimited`. */
export function softLimit(report: unknown, unlimited: number): number | undefined {
  const soft = ['userLimits', 'open_files', 'soft'].reduce(
    (at: unknown, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    report,
  );
  if (soft === 'unlimited') return unlimited;
  return typeof soft === 'number' && Number.isInteger(soft) && soft > 0 ? soft : undefined;
}
