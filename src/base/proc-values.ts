/** Bytes by a line like `VmSize:  123 kB` of a file of /proc; `undefined` without one. */
export function kibibytes(text: string | undefined, name: string): number | undefined {
  const found = wholeNumber(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text ?? '')?.[1]);
  return found === undefined ? undefined : found * 1_024;
}

/** The soft limit of that name in the text of /proc/self/limits (proc_pid_limits(5)); `undefined` without one. */
export function softLimit(limits: string | undefined, name: string): number | undefined {
  return wholeNumber(new RegExp(`^${name}\\s+(\\d+)\\s`, 'm').exec(limits ?? '')?.[1]);
}

/** A file that holds one number, as most of /proc/sys do; `undefined` for anything else. */
export function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : undefined;
}
