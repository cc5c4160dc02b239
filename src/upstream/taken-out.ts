import type { PoolTarget } from './pool-target.ts';

/** What the operator has taken out. */
export interface Out {
  /** A host as the plan spells it (`192.168.20.16`, `db.example`), or `host:port`, IPv6 in brackets. */
  readonly what: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/**
 * Hosts and single targets that the operator has taken out: no new session goes there, in whatever pool they are, until
 * they are taken in again. They need not be in any pool. One for a gateway; it outlives plans.
 *
 * A host stands for all of its targets. So when it is taken out or in, entries for single targets of it go, and none is
 * made while it is out. One of its targets cannot come in before the others: `host is out`.
 */
export class TakenOut {
  private readonly outs = new Map<string, number>();

  /** `now`: milliseconds since the epoch. */
  takeOut(what: string, now: number): 'out' | 'was out' {
    if (this.outs.has(what) || this.isHostOut(what)) return 'was out';
    this.dropTargetsOf(what);
    this.outs.set(what, now);
    return 'out';
  }

  /** `host is out`: nothing has changed, its host has to be taken in. */
  putIn(what: string): 'in' | 'was in' | 'host is out' {
    if (this.isHostOut(what)) return 'host is out';
    const targets = this.dropTargetsOf(what);
    return this.outs.delete(what) || targets > 0 ? 'in' : 'was in';
  }

  has({ host, name }: Pick<PoolTarget, 'host' | 'name'>): boolean {
    return this.outs.size > 0 && (this.outs.has(host) || this.outs.has(name));
  }

  /** The oldest first. */
  list(): readonly Out[] {
    return [...this.outs].map(([what, since]) => ({ what, since }));
  }

  private isHostOut(what: string): boolean {
    return [...this.outs.keys()].some((host) => isTargetOf(what, host));
  }

  /** Returns how many there were. */
  private dropTargetsOf(host: string): number {
    const targets = [...this.outs.keys()].filter((what) => isTargetOf(what, host));
    for (const target of targets) this.outs.delete(target);
    return targets.length;
  }
}

/** Of a host `ab`, `ab:22` is a target, and `ab::1` is another host. */
function isTargetOf(what: string, host: string): boolean {
  const before = host.includes(':') ? `[${host}]:` : `${host}:`;
  return what.startsWith(before) && !what.includes(':', before.length);
}
