import type { MemoryFacts } from '../base/memory-facts.ts';
import { formatSize } from '../base/size.ts';

const MiB = 2 ** 20;
/** What Node.js and the code take before the first session, bytes: 55 to 70 MiB were seen. */
const nodeItself = 64 * MiB;
/** The share of all memory that sessions may hold bytes in. */
const budgetShare = 1 / 4;
const leastBudget = 4 * MiB;
/**
 * What a session costs beside the budget, bytes: two sockets, their smallest queues in the kernel, our objects, and
 * what it may always hold each way (`smallHold`). Slow readers took 50 to 100 KiB.
 */
const perSession = 96 * 1024;
/** This many sessions are allowed, however little memory there is. */
const leastSessions = 64;

/** How memory is shared out. */
export interface MemoryShare {
  /** Bytes that all sessions together may hold, beside what each may in any case. */
  readonly budget: number;
  /** Sessions that memory carries. */
  readonly sessions: number;
  /** How that figure came about, for people. */
  readonly sum: string;
}

const owners = { cgroup: "the cgroup's", machine: "the machine's", 'address space': "the address space's" };

/** `wanted`: `limits.memory`, bytes. */
export function shareMemory({ limit, source }: MemoryFacts, wanted: 'auto' | number): MemoryShare {
  const budget = wanted === 'auto' ? Math.max(leastBudget, Math.floor(limit * budgetShare)) : wanted;
  const fits = Math.floor((limit - nodeItself - budget) / perSession);
  const all = `${owners[source]} ${formatSize(limit)}`;
  return {
    budget,
    sessions: Math.max(leastSessions, fits),
    sum: `(${all} - ${formatSize(nodeItself)} for Node.js - ${formatSize(budget)} held) / ${formatSize(perSession)}`,
  };
}
