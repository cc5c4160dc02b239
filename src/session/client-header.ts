import type { CloseReason } from '../base/close-reason.ts';
import type { Engine, HeadReading, Leg } from '../engine/engine.ts';
import type { ProxyHeader } from '../proxy-protocol/proxy-header.ts';
import { mostHeaderBytes, readProxyHeader } from '../proxy-protocol/read-proxy-header.ts';

/** The PROXY header that a client has sent, or why there is none. */
export type ClientHeaderRead =
  | { readonly ok: true; readonly header: ProxyHeader }
  | { readonly ok: false; readonly reason: CloseReason; readonly error?: Error };

/** Reads the PROXY header that a client must send first; what comes behind it stays on the leg. */
export class ClientHeader {
  readonly done: Promise<ClientHeaderRead>;
  private readonly reading: HeadReading;
  private header: ProxyHeader | undefined;
  private why: string | undefined;

  /** `timeout` in milliseconds. */
  constructor(client: Leg, engine: Engine, timeout: number) {
    this.reading = engine.head(client, { most: mostHeaderBytes, timeout, enough: (bytes) => this.look(bytes) });
    this.done = this.read();
  }

  /** Gives up; the leg stays the caller's. */
  cancel(): void {
    this.reading.cancel();
  }

  private look(bytes: Buffer): number | 'more' | 'malformed' {
    const read = readProxyHeader(bytes);
    if (read.kind === 'complete') {
      this.header = read.header;
      return read.length;
    }
    if (read.kind === 'malformed') this.why = read.why;
    return read.kind;
  }

  private async read(): Promise<ClientHeaderRead> {
    const head = await this.reading.done;
    if (head.ok && this.header !== undefined) return { ok: true, header: this.header };
    const reason = head.ok || head.reason === 'cancelled' ? 'internal' : head.reason;
    if (reason !== 'bad header') return { ok: false, reason };
    const what = this.why ?? 'the connection ended within it, or it is too long';
    return { ok: false, reason, error: new Error(`Cannot read the PROXY header: ${what}`) };
  }
}
