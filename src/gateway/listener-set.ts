import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PlanDiff } from '../plan/diff-plans.ts';
import type { PlannedListener } from '../plan/plan.ts';
import type { Listener } from './listener.ts';

/** A listener that could not be opened; `code` is an errno name. */
export interface NotOpened {
  readonly listener: PlannedListener;
  readonly code: string;
}

/** `bound` are open, and wait for their routes. */
export type Bound =
  | { readonly ok: true; readonly failed: readonly NotOpened[] }
  /** Everything is as it was before, but for what is in `lost`. */
  | { readonly ok: false; readonly failed: readonly NotOpened[]; readonly lost: readonly NotOpened[] };

/** Sockets that are bound in one turn of the loop: about a millisecond. */
const atOnce = 32;

/** The listeners of a gateway that are open, by key. */
export class ListenerSet {
  private readonly open = new Map<string, Listener>();
  private readonly make: (planned: PlannedListener) => Listener;

  constructor(make: (planned: PlannedListener) => Listener) {
    this.make = make;
  }

  get size(): number {
    return this.open.size;
  }

  has(key: string): boolean {
    return this.open.has(key);
  }

  all(): readonly Listener[] {
    return [...this.open.values()];
  }

  /**
   * Binds what a new plan adds, and what an earlier one could not bind. First what no open listener of ours is in the
   * way of; then listeners that are in the way are closed, and bound again where their successors fail.
   *
   * @param wanted all listeners of the new plan
   * @param busyPorts whether a failure is left out, or undoes all; one that takes the place of an open listener always
   * undoes all
   * @param restore makes a listener serve again as before
   */
  async bind(
    wanted: readonly PlannedListener[],
    { blocked, blocking }: Pick<PlanDiff['listeners'], 'blocked' | 'blocking'>,
    busyPorts: 'fail' | 'skip',
    restore: (listener: Listener) => void,
  ): Promise<Bound> {
    const inTheWay = blocking.filter(({ key }) => this.open.has(key));
    const ports = new Set(inTheWay.map(({ bind }) => bind.port));
    const later = blocked.filter(({ bind }) => ports.has(bind.port));
    const laterKeys = new Set(later.map(({ key }) => key));
    const first = await this.bindAll(wanted.filter(({ key }) => !laterKeys.has(key) && !this.open.has(key)));
    const undo = (): void => this.close(first.opened.map(({ planned }) => planned.key));
    if (first.failed.length > 0 && busyPorts === 'fail') {
      undo();
      return { ok: false, failed: first.failed, lost: [] };
    }
    this.close(inTheWay.map(({ key }) => key));
    const second = await this.bindAll(later);
    if (second.failed.length === 0) return { ok: true, failed: first.failed };
    this.close(second.opened.map(({ planned }) => planned.key));
    undo();
    const back = await this.bindAll(inTheWay);
    for (const listener of back.opened) restore(listener);
    return { ok: false, failed: second.failed, lost: back.failed };
  }

  close(keys: readonly string[]): void {
    for (const key of keys) {
      this.open.get(key)?.close();
      this.open.delete(key);
    }
  }

  private async bindAll(planned: readonly PlannedListener[]): Promise<{ opened: Listener[]; failed: NotOpened[] }> {
    const opened: Listener[] = [];
    const failed: NotOpened[] = [];
    for (let from = 0; from < planned.length; from += atOnce) {
      // The sessions that live have their turn in between.
      if (from > 0) await nextTurn();
      const tried = planned.slice(from, from + atOnce).map(async (one) => {
        const listener = this.make(one);
        return { listener, code: await listener.open() };
      });
      for (const { listener, code } of await Promise.all(tried)) {
        const { planned: one } = listener;
        if (code !== undefined) {
          failed.push({ listener: one, code });
          continue;
        }
        opened.push(listener);
        this.open.set(one.key, listener);
      }
    }
    return { opened, failed };
  }
}
