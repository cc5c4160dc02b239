import { type Crashable, crash } from '../crashable.ts';

/** Work that gives way to others and goes on in the next turn. */
export interface Deferred extends Crashable {
  goOn(): void;
}

/**
 * Work for the check phase of Node's loop: an immediate runs when all that was ready has been told, in a callback scope of
 * Node's, so that promises are heard then.
 */
export class CheckPhase {
  private readonly first: () => void;
  private deferred: Deferred[] = [];
  private state: 'none' | 'scheduled' = 'none';
  private readonly onCheck = (): void => this.run();

  /** `first` is done before what was deferred. */
  constructor(first: () => void) {
    this.first = first;
  }

  get scheduled(): boolean {
    return this.state === 'scheduled';
  }

  schedule(): void {
    if (this.state === 'scheduled') return;
    this.state = 'scheduled';
    setImmediate(this.onCheck);
  }

  defer(work: Deferred): void {
    this.deferred.push(work);
    this.schedule();
  }

  private run(): void {
    this.state = 'none';
    this.first();
    if (this.deferred.length === 0) return;
    const due = this.deferred;
    this.deferred = [];
    for (const work of due) {
      try {
        work.goOn();
      } catch (error) {
        crash(work, error);
      }
    }
  }
}
