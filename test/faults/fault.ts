import type { Fixture } from './fixture.ts';
import type { Need } from './needs.ts';

/** `ci`: short, for correctness alone; `full`: full length, with figures. */
export type Setting = 'ci' | 'full';

/** Something that goes wrong around a gateway, and what must happen then. */
export interface Fault {
  /** As given to --only. */
  readonly name: string;
  readonly title: string;
  /** The load at full length, and what must happen: columns of the table. */
  readonly load: string;
  readonly expected: string;
  /** What the fault cannot be made without. */
  readonly needs: readonly Need[];
  /** Makes the fault, checks and measures; what it throws is a failed check. Everything it starts is the fixture's. */
  run(fixture: Fixture): Promise<void>;
}

/** What came of a fault with one engine. */
export interface FaultReport {
  readonly name: string;
  readonly title: string;
  readonly engine: 'stream' | 'splice';
  readonly load: string;
  readonly expected: string;
  /** Figures and findings, ready to be read. */
  readonly seen: readonly string[];
  /** What should have held and did not. */
  readonly failures: readonly string[];
  /** Checks that held. */
  readonly held: number;
  /** Why it could not be tried; absent when it was. */
  readonly skipped?: string;
  readonly seconds: number;
}
