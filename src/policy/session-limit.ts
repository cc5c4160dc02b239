/** How many sessions one listener has right now. */
export interface ListenerLoad {
  sessions: number;
  /** Sessions at once. */
  readonly most: number;
}

/** Sessions at once, in all and through one listener: the gateway never takes on more than its descriptors carry. */
export class SessionLimit {
  private readonly total: number;
  private sessions = 0;

  /** `total`: sessions at once in all. */
  constructor(total: number) {
    this.total = total;
  }

  hasRoom(load: ListenerLoad): boolean {
    return this.sessions < this.total && load.sessions < load.most;
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
