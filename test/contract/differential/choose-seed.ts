/** FLOATGATE_SEED repeats a run. Otherwise each run has a seed of its own, which a failure prints. */
export function chooseSeed(): number {
  const given = process.env.FLOATGATE_SEED;
  return given === undefined ? (Math.random() * 0x7fff_ffff) | 0 : Number.parseInt(given, 10);
}
