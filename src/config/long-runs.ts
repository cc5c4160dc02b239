/** A run of items of a list that look alike: networks, with the same text between any two of them. */
export interface LongRun {
  /** Where the first item starts, its quote included, in the text without what is left out. */
  readonly first: number;
  /** Likewise the last item. */
  readonly last: number;
  /** Where the second one starts in the whole text. */
  readonly second: number;
  /** How many are left out: all but the first and the last one. */
  readonly count: number;
  /** What stands between two items, their quotes included. */
  readonly separator: string;
  /** 1 where items are quoted, else 0. */
  readonly quote: 0 | 1;
  /** Characters left out up to `last`, in this run and those before it. */
  readonly leftOut: number;
}

/** In a run of fewer items nothing is gained. */
const worthwhile = 256;

/** Between two items of a flow sequence or a block sequence. A comment ends a run. */
const separators = /(["']?) *(?:, *(?:\r?\n *)?|\r?\n *- +)\1/y;

const digits = tableOf('0123456789ABCDEFabcdef');
const inner = tableOf('0123456789ABCDEFabcdef.:/');

/** All runs of at least `fewest` items in a text, in its order; `fewest` is 3 or more. */
export function longRuns(text: string, fewest = worthwhile): readonly LongRun[] {
  const runs: LongRun[] = [];
  let leftOut = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (digits[text.charCodeAt(at)] !== 1) continue;
    const first = at;
    const end = itemEnd(text, first);
    if (end === noItem) {
      at = wordEnd(text, first);
      continue;
    }
    separators.lastIndex = end;
    const [separator, mark = ''] = separators.exec(text) ?? [];
    at = end;
    if (separator === undefined) continue;
    let [last, count] = [first, 1];
    while (text.startsWith(separator, at)) {
      const next = at + separator.length;
      const nextEnd = itemEnd(text, next);
      if (nextEnd === noItem) break;
      [last, at, count] = [next, nextEnd, count + 1];
    }
    if (count < fewest) continue;
    const second = end + separator.length;
    const quote = mark === '' ? 0 : 1;
    const start = first - leftOut - quote;
    leftOut += last - second;
    runs.push({ first: start, last: last - leftOut - quote, second, count: count - 2, separator, quote, leftOut });
  }
  return runs;
}

/** Start and end of each item that is left out, without its quotes. */
export function* itemsLeftOut(text: string, run: LongRun): Generator<readonly [number, number]> {
  let start = run.second;
  for (let left = run.count; left > 0; left -= 1) {
    const end = itemEnd(text, start);
    yield [start, end];
    start = end + run.separator.length;
  }
}

/** In place of an offset. */
const noItem = -1;

/** Where the item ends that starts here; `noItem` where YAML would not read a text here, but a number or a key. */
function itemEnd(text: string, start: number): number {
  if (digits[text.charCodeAt(start)] !== 1) return noItem;
  let [dots, slashes, colons] = [0, 0, 0];
  let at = start + 1;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inner[code] !== 1) break;
    if (code === 46) dots += 1;
    else if (code === 47) slashes += 1;
    else if (code === 58) colons += 1;
  }
  const whole = digits[text.charCodeAt(at - 1)] === 1;
  return whole && (slashes > 0 || dots > 1 || colons > 1) ? at : noItem;
}

function wordEnd(text: string, start: number): number {
  let at = start;
  while (inner[text.charCodeAt(at + 1)] === 1) at += 1;
  return at;
}

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(128);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}
