/** Sessions at once per target host, whatever the port. A host without a session takes no memory. */
export class TargetLoads {
  private most: number | undefined;
  private readonly sessions = new Map<string, number>();

  /** `undefined`: unlimited, and nothing is counted. */
  constructor(most: number | undefined) {
    this.most = most;
  }

  /** `uncounted`: nothing was counted before. The sessions that live have to be entered. */
  update(most: number | undefined): 'counted' | 'uncounted' {
    const before = this.most;
    this.most = most;
    if (most === undefined) this.sessions.clear();
    return most !== undefined && before === undefined ? 'uncounted' : 'counted';
  }

  /** Hosts that are counted now. */
  get size(): number {
    return this.sessions.size;
  }

  /** `host` as the plan spells it: two spellings are two hosts. */
  hasRoom(host: string): boolean {
    return this.most === undefined || (this.sessions.get(host) ?? 0) < this.most;
  }

  enter(host: string): void {
    if (this.most !== undefined) this.sessions.set(host, (this.sessions.get(host) ?? 0) + 1);
  }

  /** The counterpart of `enter`, once for each. */
  leave(host: string): void {
    if (this.most === undefined) return;
    const sessions = this.sessions.get(host);
    if (sessions === undefined) return;
    if (sessions > 1) this.sessions.set(host, sessions - 1);
    else this.sessions.delete(host);
  }
}
