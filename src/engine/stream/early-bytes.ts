/** Reading stops when this many bytes wait for the relay to begin; one more read may come on top of it. */
const limit = 64 * 1024;
/** More chunks than this become one: a client that sends single bytes must not cost an object for each. */
const mostChunks = 64;

/** What a leg has read before the relay begins: copies, because all legs read into the same buffer. */
export class EarlyBytes {
  private readonly most: number;
  private chunks: Buffer[] = [];
  private length = 0;

  /** `readSize`: bytes that the leg reads at a time. */
  constructor(readSize: number) {
    this.most = Math.min(limit, readSize);
  }

  /** Whether nothing more is to be read for now. */
  get full(): boolean {
    return this.length >= this.most;
  }

  add(bytes: Uint8Array): void {
    if (this.chunks.length === mostChunks) this.chunks = [Buffer.concat(this.chunks)];
    this.chunks.push(Buffer.from(bytes));
    this.length += bytes.length;
  }

  /** All of it as one. */
  joined(): Buffer | null {
    const [first = null, ...more] = this.chunks;
    return first === null || more.length === 0 ? first : Buffer.concat(this.chunks);
  }
}
