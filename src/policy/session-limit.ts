/** How many sessions one listener has right now. */
export interface ListenerLoad {
  sessions: number;
}

/** Sessions at once, in all and through one listener: the gateway never takes on more than its descriptors carry. */
export class SessionLimit {
  private readonly total: number;
  private readonly perListener: number;
  private sessions = 0;

  constructor(limits: { readonly sessions: number; readonly perListener: number }) {
    this.total = limits.sessions;
    this.perListener = limits.perListener;
  }

  hasRoom(load: ListenerLoad): boolean {
    return this.sessions < this.total && load.sessions < this.perListener;
  }

  enter(load: ListenerLoad): void {
    this.sessions += 1;
    load.sessions += 1;
  }

  leave(load: ListenerLoad): void {
    this.sessions -= 1;
    load.sessions -= 1;
  }
}
