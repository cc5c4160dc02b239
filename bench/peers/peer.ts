import type { Forwarder } from '../forwarders/forwarder.ts';
import type { Children } from '../process/children.ts';
import type { Workshop } from '../process/workshop.ts';

/** Another program that forwards TCP. */
export interface Peer {
  readonly name: string;
  /** Makes it ready: looks for the program, compiles it, builds a network. Rejects with NotHere. */
  prepare(workshop: Workshop, children: Children): Promise<Forwarder>;
}

/** The peer cannot be measured on this machine; the message has the reason. */
export class NotHere extends Error {}
