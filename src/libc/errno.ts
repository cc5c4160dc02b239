import { constants } from 'node:os';

/** An errno number as a name (errno(3)); negative numbers mean the same, as Node has them. */
export function errnoName(errno: number): string {
  return names.get(Math.abs(errno)) ?? `errno ${Math.abs(errno)}`;
}

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno)
    .map(([name, number]) => [number, name] as const)
    // Several names have one number. The first ones are those that connect(2) and recv(2) document.
    .reverse(),
);

/** A failed system call as Node would have thrown it: `code` is the errno name. */
export class SystemError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;

  /** `errno` with either sign. */
  constructor(errno: number, syscall: string) {
    const code = errnoName(errno);
    super(`${syscall} ${code}`);
    this.name = 'SystemError';
    this.code = code;
    this.errno = -Math.abs(errno);
    this.syscall = syscall;
  }
}
