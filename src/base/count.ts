/** 20000 -> `20,000`. */
export function figure(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 session`, `20,000 sessions`. */
export function count(value: number, noun: string): string {
  return `${figure(value)} ${noun}${value === 1 ? '' : 's'}`;
}
