import type { IncomingMessage } from 'node:http';

export type Body =
  | { readonly kind: 'read'; readonly bytes: Buffer }
  | { readonly kind: 'too large' }
  /** The client has left, or was dropped. */
  | { readonly kind: 'cut' };

/** Reads the body of a request, `most` bytes at most. What comes after that is left unread. */
export async function readBody(incoming: IncomingMessage, most: number): Promise<Body> {
  return await new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (body: Body): void => {
      incoming.off('data', onData).off('end', onEnd).off('close', onCut);
      resolve(body);
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      chunks.push(chunk);
      if (length > most) finish({ kind: 'too large' });
    };
    const onEnd = (): void => finish({ kind: 'read', bytes: Buffer.concat(chunks) });
    const onCut = (): void => finish({ kind: 'cut' });
    // An error is followed by 'close'; it must have a listener, also later.
    incoming.on('data', onData).on('end', onEnd).on('close', onCut).on('error', onCut);
    if (incoming.destroyed) onCut();
  });
}
