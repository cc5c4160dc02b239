import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { endProcess, type GatewayProcess, startProcess } from '../helpers/gateway-process.ts';
import type { PackedGateway } from '../helpers/packed-gateway.ts';
import type { Lab } from './lab.ts';

/** Dial time-out of the lab's gateways, seconds: what the issue bounds the waiting of clients by. */
export const dialTimeout = 1;

/** The packed `up` with the lab's dial time-out; unless `args` name another. */
export function floatgateCommand(packed: PackedGateway, ...args: readonly string[]): readonly string[] {
  const timeout = args.includes('--dial-timeout') ? [] : ['--dial-timeout', `${dialTimeout}s`];
  return [packed.node, join(packed.root, 'dist', 'floatgate.cjs'), 'up', ...timeout, ...args];
}

/** Starts it as nobody in the gateway's namespace, where forwarding by the kernel is off. */
export function startFloatgate(lab: Lab, packed: PackedGateway, ...args: readonly string[]): GatewayProcess {
  return startProcess(floatgateCommand(packed, ...args), { wrap: (command) => lab.gateway.command(command) });
}

/** Ends it; expects that it ran without any right, wrote nothing but JSON, and ends well. */
export async function stopFloatgate(gateway: GatewayProcess): Promise<void> {
  const status = await readFile(`/proc/${gateway.pid}/status`, 'utf8');
  expect(status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m);
  expect(status).toMatch(/^CapEff:\t0+$/m);
  expect(await endProcess(gateway)).toEqual({ code: 0, signal: null });
  expect(gateway.stray).toEqual([]);
}
