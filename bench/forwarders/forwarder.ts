import type { Endpoint } from '../agents/endpoint.ts';
import type { Stage } from '../process/stage.ts';

/** One listener, and where it leads. */
export interface Mapping {
  readonly listen: Endpoint;
  readonly target: Endpoint;
}

/** What is run: the program and its arguments. */
export type Command = readonly [string, ...string[]];

/** Something that is measured. */
export type Forwarder = Direct | Program | Kernel;

interface Common {
  readonly name: string;
  /** `subject`: what the run is about, so that its failure ends the run; others can be left out with a reason. */
  readonly role: 'subject' | 'other';
  readonly version?: string;
  /** What a reader of its figures must know. */
  readonly remark?: string;
  /** How many it is asked to hold at once, where that is less than others hold. */
  readonly mostSessions?: number;
  /** Why it does not take part in a scenario, by the scenario's name. */
  readonly unfit?: Readonly<Record<string, string>>;
}

/** None: the load goes to the target. */
interface Direct extends Common {
  readonly kind: 'direct';
}

/** A process that forwards in the foreground until SIGTERM. */
export interface Program extends Common {
  readonly kind: 'program';
  command(mapping: Mapping): Command;
  /** The same with a log line for each connection, on stdout or stderr. */
  commandThatLogs?(mapping: Mapping): Command;
  /** The same with many listeners. */
  commandForMany?(mappings: readonly Mapping[]): Command;
}

/** Rules in a kernel: no process to charge CPU or memory to, and a place of its own for load and target. */
interface Kernel extends Common {
  readonly kind: 'kernel';
  readonly stage: Stage;
  /** Sets the rules; answers where clients connect, and what takes the rules away again. */
  open(target: Endpoint): Promise<{ readonly at: Endpoint; close(): Promise<void> }>;
}
