import { performance } from 'node:perf_hooks';
import type { Status } from '../admin/schemas.ts';
import type { SessionTable } from '../session/session-table.ts';

interface Sample {
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly opened: number;
  readonly toTarget: number;
  readonly toClient: number;
}

/** Milliseconds between two samples. To add up the bytes of 10,000 live sessions takes less than one. */
const pause = 5_000;
/** Samples that are kept: those of a minute. */
const most = 13;

/** How many sessions and bytes a gateway has had in the last minute, by samples of its session table. */
export class Traffic {
  private readonly table: SessionTable;
  private readonly samples: Sample[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(table: SessionTable) {
    this.table = table;
    this.sample();
    this.timer = setInterval(() => this.sample(), pause).unref();
  }

  rates(): Status['rates'] {
    const now = this.now();
    const from = this.samples[0] ?? now;
    const seconds = Math.max(1, now.at - from.at) / 1_000;
    const rate = (total: number, before: number): number => Math.round(((total - before) / seconds) * 10) / 10;
    return {
      overMs: Math.round(now.at - from.at),
      sessionsPerSecond: rate(now.opened, from.opened),
      bytesToTargetPerSecond: Math.round(rate(now.toTarget, from.toTarget)),
      bytesToClientPerSecond: Math.round(rate(now.toClient, from.toClient)),
    };
  }

  close(): void {
    clearInterval(this.timer);
  }

  private sample(): void {
    this.samples.push(this.now());
    if (this.samples.length > most) this.samples.shift();
  }

  private now(): Sample {
    return { at: performance.now(), opened: this.table.opened, ...this.table.moved() };
  }
}
