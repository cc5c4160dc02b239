/** The value of a flag that takes a whole number. */
export function wholeNumber(flag: string, given: string, lowest: number, highest: number): number {
  const value = Number(given);
  if (Number.isInteger(value) && value >= lowest && value <= highest) return value;
  throw new Error(`Cannot take ${flag} ${given}: it is a whole number from ${lowest} to ${highest}`);
}
