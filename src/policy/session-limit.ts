/** How many sessions one listener has right now. */
export interface ListenerLoad {
  sessions: number;
  /** Sessions at once. */
  readonly most: number;
  /** Newcomers that may still come before they are a crowd. */
  grace: number;
}

/** Sessions at one listener that are no crowd, however fast they come. */
const calm = 256;

/** Of a listener where nobody has come yet. `most`: sessions at once. */
export function emptyLoad(most: number): ListenerLoad {
  return { sessions: 0, most, grace: calm };
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

  /**
   * Whether a listener has many sessions, and more that come than leave again with their work done, while others have
   * sessions, too, which a flood must not hold up.
   */
  crowded(load: ListenerLoad): boolean {
    return load.grace === 0 && load.sessions >= calm && load.sessions < this.sessions;
  }

  enter(load: ListenerLoad): void {
    this.sessions += 1;
    load.sessions += 1;
    if (load.grace > 0) load.grace -= 1;
  }

  /** `work`: whether the session has moved a byte. */
  leave(load: ListenerLoad, work: 'some' | 'none'): void {
    this.sessions -= 1;
    load.sessions -= 1;
    if (load.sessions === 0) load.grace = calm;
    else if (work === 'some' && load.grace < calm) load.grace += 1;
  }
}
