import { pasteable } from './words.ts';

/** What words of a command line may mean. */
export interface KnownWords {
  readonly commands: readonly string[];
  /** Flags without a value, without dashes. */
  readonly switches: readonly string[];
  /** Flags with a list as value. */
  readonly listFlags: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface PlainWord {
  readonly index: number;
  readonly word: string;
}

/** A command line as typed, and which of its words are neither flags nor values of flags; none is behind `--`. */
export class TypedLine {
  readonly words: readonly string[];
  readonly known: KnownWords;
  readonly command: PlainWord | undefined;
  /** The plain words after the command. */
  readonly rest: readonly PlainWord[];

  constructor(words: readonly string[], known: KnownWords) {
    this.words = words;
    this.known = known;
    const end = words.includes('--') ? words.indexOf('--') : words.length;
    const plain = words
      .map((word, index) => ({ word, index }))
      .filter(({ word, index }) => index > end || (index < end && !/^-./.test(word) && !this.isValue(index)));
    [this.command, ...this.rest] = plain;
  }

  /** `npm start` is `floatgate up`: what is typed after its `--` comes behind that. */
  get byNpm(): boolean {
    return this.known.environment.npm_lifecycle_event === 'start';
  }

  /** The list flag whose value the word at an index is, behind `=` or by itself. */
  listFlagAt(index: number): string | undefined {
    const joined = /^--([^=]+)=/.exec(this.words[index] ?? '')?.[1];
    const name = joined ?? (this.isValue(index) ? this.words[index - 1]?.slice(2) : undefined);
    return this.known.listFlags.find((flag) => flag === name);
  }

  /** The command line to paste with other words in place of some: index -> words. */
  replaced(replacements: ReadonlyMap<number, readonly string[]>): string {
    return this.commandLine(this.words.flatMap((word, index) => replacements.get(index) ?? [word]));
  }

  /** A command line to paste, as this one was run. */
  commandLine(words: readonly string[]): string {
    return `${this.byNpm ? 'node dist/floatgate.cjs' : 'floatgate'} ${pasteable(words)}`.trimEnd();
  }

  private isValue(index: number): boolean {
    const flag = this.words[index - 1] ?? '';
    return /^--[^=]+$/.test(flag) && !this.known.switches.includes(flag.slice(2));
  }
}
