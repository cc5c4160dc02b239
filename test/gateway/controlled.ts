import pino from 'pino';
import { onTestFinished } from 'vitest';
import type { Problem } from '../../src/base/problem.ts';
import type { LoadedConfig } from '../../src/config/read-config.ts';
import { Changes } from '../../src/gateway/changes.ts';
import { Control } from '../../src/gateway/gateway-control.ts';
import type { Replanned } from '../../src/gateway/plan-source.ts';
import { Traffic } from '../../src/gateway/traffic.ts';
import type { LogLevel, PlannedDrain, PlannedListener } from '../../src/plan/plan.ts';
import { connectPeer, type Peer, type TargetServer } from '../contract/peer.ts';
import { gatewayAddress, planOf, start } from './gateway-fixture.ts';

const noConfig = { place: () => ({ kind: 'flag', name: '--engine' }) } as unknown as LoadedConfig;

/** A gateway under control, whose next plans a test sets. */
export async function controlled(first: readonly PlannedListener[], busyPorts: 'fail' | 'skip' = 'fail') {
  const { started, logged, records } = await start(planOf(first), busyPorts);
  if (started.kind !== 'started') throw new Error('the gateway has not started');
  const { gateway } = started;
  const state = {
    next: gateway.plan,
    problems: [] as Problem[],
    warnings: [] as string[],
    asked: [] as string[],
    accepted: 0,
    drained: [] as PlannedDrain[],
  };
  const log: { logger: pino.Logger; level: LogLevel } = {
    logger: pino({ base: null }, { write: (line: string) => logged.push(JSON.parse(line)) }),
    level: 'info',
  };
  const source = {
    async plan(reading: string, added: readonly string[]): Promise<Replanned> {
      state.asked.push(`${reading}: ${added.join(' ')}`);
      if (state.problems.length > 0) return { ok: false, problems: state.problems };
      const { warnings } = state;
      const accept = (): void => {
        state.accepted += 1;
      };
      return { ok: true, plan: state.next, loaded: noConfig, warnings, accept };
    },
  };
  const changes = new Changes(gateway, source, log);
  const traffic = new Traffic(gateway.table);
  onTestFinished(() => {
    changes.close();
    traffic.close();
  });
  const control = new Control({
    gateway,
    changes,
    traffic,
    logger: log.logger,
    log,
    about: { instance: 'up', version: '0', command: 'up', startedAt: new Date().toISOString(), config: undefined },
    drain: (how) => {
      state.drained.push(how);
      void gateway.drain(how);
    },
  });
  return { gateway, changes, control, state, log, logged, records };
}

export async function session(port: number, server: TargetServer): Promise<readonly [Peer, Peer]> {
  const [client, target] = await Promise.all([connectPeer(port, gatewayAddress), server.peers.next()]);
  await client.send('x');
  await target.has(1);
  return [client, target];
}

/** A reload as usual. */
export const request = { dryRun: false, cutRemoved: false };
