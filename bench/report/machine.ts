import { cpus, release, totalmem } from 'node:os';

/** What a reader must know of a machine to place its figures; nothing that names it. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
}

export function thisMachine(): Machine {
  const all = cpus();
  return {
    cores: all.length,
    cpu: all[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
  };
}

export function machineLine({ cores, cpu, memoryGiB, kernel, node }: Machine): string {
  return `${cores} cores (${cpu}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, loopback`;
}
