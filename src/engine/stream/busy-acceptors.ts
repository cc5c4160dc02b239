import { Pace } from '../pace.ts';

/** An acceptor as those see it that keep a burst back. */
export interface BusyAcceptor {
  /** Whether its new clients come in a burst still. */
  readonly busy: boolean;
  open(): void;
  shut(): void;
}

/**
 * Acceptors with a burst before them. Its new clients wait in the kernel's queue and come in at a pace that leaves the machine to others:
 * when as many have come as a piece has, all these acceptors are shut until the next one. See `Pace`.
 */
export class BusyAcceptors {
  /** In the order of their turns: who has let somebody in goes to the end. */
  private readonly acceptors = new Set<BusyAcceptor>();
  private readonly pace = new Pace((most) => this.letIn(most));
  /** So many may still come in of this piece. */
  private left = 0;

  /** One of a burst has come to `acceptor`. `cost`: 1, or less where it has left already. */
  came(acceptor: BusyAcceptor, cost: number): void {
    this.acceptors.delete(acceptor);
    this.acceptors.add(acceptor);
    this.left -= cost;
    if (this.left > 0) return;
    for (const one of this.acceptors) one.shut();
    this.pace.start();
  }

  /** The acceptor closes. */
  delete(acceptor: BusyAcceptor): void {
    this.acceptors.delete(acceptor);
  }

  close(): void {
    this.pace.close();
    this.acceptors.clear();
  }

  private letIn(most: number): 'done' {
    this.left = most;
    for (const acceptor of this.acceptors) {
      if (!acceptor.busy) this.acceptors.delete(acceptor);
      acceptor.open();
    }
    return 'done';
  }
}
