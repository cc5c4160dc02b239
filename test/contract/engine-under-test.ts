import { readdirSync } from 'node:fs';
import type { Engine } from '../../src/engine/engine.ts';

export interface EngineUnderTest {
  readonly name: string;
  create(options: { readonly waitingRoom: number }): Engine;
  /**
   * What is left unread in a leg's kernel socket when a write to that leg finds it reset: `kept` is read and passed
   * on; `lost` where Node destroys the socket.
   */
  readonly inputAfterFailedWrite: 'kept' | 'lost';
  /** Bytes that a direction may hold at most. */
  readonly heldLimit: number;
  /** Where new clients wait at the limit. */
  readonly incomingWait: 'in a waiting room' | "in the kernel's queue";
}

export const mib = 1024 * 1024;

/** Descriptors of this process: the engine's, and those of both ends. */
export const descriptors = (): number => readdirSync('/proc/self/fd').length;
