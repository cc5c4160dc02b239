import type { Check, Standing } from './check.ts';

/** A check whose turn it is. */
export interface Place {
  readonly check: Check;
  /** To be called once it is done. */
  readonly free: () => void;
}

/** The line that comes first in a turn, by the turn. */
const favourites = [0, 1, 0, 2];

/** Checks that wait for a place, and how many have one. */
interface Line {
  readonly standing: Standing;
  /** Places that this line and those behind it may have together. */
  readonly places: number;
  readonly waiting: Check[];
  underWay: number;
}

/**
 * Who is checked next, where places are short: first come first served in each of three lines. Most hosts of a mapped
 * subnet may not exist, and they must not keep those that do from being checked. So what answered last time comes first,
 * and may have all places; what has just ceased to answer may have three quarters of them, together with what is
 * silent; that alone a half. A quarter is left to what answers, and a few places do for hundreds of such, which are
 * done in milliseconds. Where they are not, and take all there is, the other lines still have a quarter of the turns each.
 */
export class CheckLines {
  private readonly lines: readonly Line[];
  private turn = 0;

  /** @param places that there are in all */
  constructor(places: number) {
    const line = (standing: Standing, share: number): Line => ({
      standing,
      places: Math.max(1, Math.floor(places * share)),
      waiting: [],
      underWay: 0,
    });
    this.lines = [line('answering', 1), line('failing', 3 / 4), line('silent', 1 / 2)];
  }

  add(check: Check): void {
    this.lines.find(({ standing }) => standing === check.standing)?.waiting.push(check);
  }

  /** The next check, if there is a place for it. */
  take(): Place | undefined {
    const favoured = this.lines[favourites[this.turn % favourites.length] ?? 0];
    const order = favoured === undefined ? this.lines : [favoured, ...this.lines];
    const line = order.find((one) => one.waiting.length > 0 && this.hasPlace(one));
    const check = line?.waiting.shift();
    if (line === undefined || check === undefined) return undefined;
    this.turn += 1;
    line.underWay += 1;
    const free = (): void => {
      line.underWay -= 1;
    };
    return { check, free };
  }

  /** Whether neither the line nor one before it has all its places taken, by itself and those behind. */
  private hasPlace(line: Line): boolean {
    const upToIt = this.lines.slice(0, this.lines.indexOf(line) + 1);
    return upToIt.every(({ places }, nth) => {
      const taken = this.lines.slice(nth).reduce((sum, { underWay }) => sum + underWay, 0);
      return taken < places;
    });
  }

  /** Nobody waits any more. */
  clear(): void {
    for (const { waiting } of this.lines) waiting.length = 0;
  }
}
