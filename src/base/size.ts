/** Units from large to small, in bytes. */
const units = [
  ['TiB', 2 ** 40],
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
] as const;

/** Reads `256MiB`, `2GiB`: a whole number and a unit. Returns bytes, or `undefined` for anything else. */
export function parseSize(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,9})([KMGT]iB)$/.exec(text) ?? [];
  const bytes = units.find(([name]) => name === unit)?.[1];
  return digits === undefined || bytes === undefined ? undefined : Number(digits) * bytes;
}

/** Writes bytes for people, in whole units where exact, else to one decimal: 536870912 -> `512 MiB`, `23.5 GiB`. */
export function formatSize(bytes: number): string {
  const [name, size] = units.find(([, each]) => bytes >= each) ?? (['KiB', 2 ** 10] as const);
  return `${(bytes / size).toFixed(1).replace(/\.0$/, '')} ${name}`;
}
