import { type Document, isMap, isScalar, isSeq, type YAMLSeq } from 'yaml';
import { itemsLeftOut, type LongRun, longRuns } from './long-runs.ts';

/** A run, and the index of its first item among those that the parser has seen. */
interface FoundRun {
  readonly run: LongRun;
  readonly index: number;
}

/**
 * A text for the YAML parser without the inner items of its long runs. The tree of a list of a million networks would
 * take a gigabyte and 15 seconds. All items of a run have one syntax: where the parser finds the first and the last one
 * side by side in a list, `restore` puts the others between them.
 */
export class ShortenedText {
  readonly text: string;
  private readonly whole: string;
  private readonly runs: readonly LongRun[];
  private readonly lists = new Map<YAMLSeq, readonly FoundRun[]>();

  constructor(whole: string, runs = longRuns(whole)) {
    this.whole = whole;
    this.runs = runs;
    const parts: string[] = [];
    let from = 0;
    for (const { second, quote, last, leftOut } of runs) {
      parts.push(whole.slice(from, second - quote));
      from = last + leftOut;
    }
    this.text = runs.length === 0 ? whole : `${parts.join('')}${whole.slice(from)}`;
  }

  /** An offset into `text` as one into the whole text. */
  wholeOffset(offset: number): number {
    return offset + (this.runs.findLast(({ last }) => last <= offset)?.leftOut ?? 0);
  }

  /**
   * Puts what was left out into the document that came of `text`, as plain strings between the nodes of the parser.
   * @returns `false` where a run is something else than texts of one list: the whole text must be parsed
   */
  restore({ contents, directives }: Document): boolean {
    // YAML 1.1 takes 1:20:30 for a number.
    if (this.runs.length > 0 && directives?.yaml.version !== '1.2') return false;
    const missing = new Map(this.runs.map((run) => [run.first, run]));
    const walk = (node: unknown): void => {
      if (isMap(node)) for (const { value } of node.items) walk(value);
      if (!isSeq(node)) return;
      const found: FoundRun[] = [];
      for (const [index, item] of node.items.entries()) {
        walk(item);
        const run = missing.get(startOf(item));
        if (run === undefined || startOf(node.items[index + 1]) !== run.last) continue;
        missing.delete(run.first);
        found.push({ run, index });
      }
      if (found.length > 0) this.fill(node, found);
    };
    walk(contents);
    return missing.size === 0;
  }

  /** What is at an index of a list: a node of the parser, or the offsets of an item that it has not seen. */
  item(
    list: YAMLSeq,
    index: number,
  ):
    | { readonly kind: 'node'; readonly node: unknown }
    | { readonly kind: 'left out'; readonly range: [number, number] } {
    let earlier = 0;
    for (const { run, index: first } of this.lists.get(list) ?? []) {
      const into = index - earlier - first - 1;
      if (into < 0) break;
      if (into < run.count) return { kind: 'left out', range: this.rangeOf(run, into) };
      earlier += run.count;
    }
    return { kind: 'node', node: list.items[index] };
  }

  private fill(node: YAMLSeq, found: readonly FoundRun[]): void {
    this.lists.set(node, found);
    const seen = node.items.splice(0);
    let next = 0;
    for (const { run, index } of found) {
      for (; next <= index; next += 1) node.items.push(seen[next]);
      for (const [start, end] of itemsLeftOut(this.whole, run)) node.items.push(this.whole.slice(start, end));
    }
    for (; next < seen.length; next += 1) node.items.push(seen[next]);
  }

  /** Offsets into the whole text, quotes included. */
  private rangeOf(run: LongRun, index: number): [number, number] {
    let left = index;
    for (const [start, end] of itemsLeftOut(this.whole, run)) {
      if (left === 0) return [start - run.quote, end + run.quote];
      left -= 1;
    }
    return [run.second, run.second + 1];
  }
}

/** In place of the offset of a node that is no scalar of the text. */
const noStart = -1;

function startOf(node: unknown): number {
  return isScalar(node) ? (node.range?.[0] ?? noStart) : noStart;
}
