/** Bytes that both ends know: each end sends the same block over and over, and checks what it gets against it. */
export const patternBlock = makeBlock(256 * 1024);

/** Follows one direction of a transfer and notices the first byte that is not what was sent. */
export class PatternCheck {
  /** Bytes that have come. */
  received = 0;
  /** Where the stream went wrong; absent while all is well. */
  brokenAt: number | undefined;

  /** Takes the next bytes of the stream. One memcmp per chunk. */
  take(chunk: Uint8Array, length: number): void {
    let done = 0;
    while (done < length) {
      const at = (this.received + done) % patternBlock.length;
      const step = Math.min(length - done, patternBlock.length - at);
      if (patternBlock.compare(chunk, done, done + step, at, at + step) !== 0) this.brokenAt ??= this.received + done;
      done += step;
    }
    this.received += length;
  }
}

/** A linear congruential generator (Numerical Recipes): the same bytes in every process, no period within the block. */
function makeBlock(length: number): Buffer {
  const block = Buffer.alloc(length);
  let state = 1;
  for (let at = 0; at < length; at += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    block.writeUInt32LE(state, at);
  }
  return block;
}
