import type { Engine } from '../forwarders/floatgate.ts';
import type { Forwarder } from '../forwarders/forwarder.ts';
import { hardDescriptorLimit } from '../process/proc.ts';
import type { ScenarioReport } from '../report/report.ts';
import type { RoundsOptions, RoundsResult } from '../rounds.ts';
import { spawnGateway } from '../stress/gateway.ts';
import { layout } from '../stress/layout.ts';
import { measureStartUp, type Starter } from '../stress/start-up.ts';
import { peerStarters } from './peer-starters.ts';

/** Measured without a load, and so not by the rounds of the others. */
export const startUp: Omit<ScenarioReport, 'forwarders'> = {
  name: 'start-up',
  title: 'From process start to 762 listening ports',
  figures: [{ key: 'seconds', label: 'start', unit: 's', better: 'less', of: 'forwarder', charted: true }],
};

/** floatgate by `up`, as the tutorial's user would start it; the peers with as many mappings. */
export async function runStartUp(
  main: string,
  engines: readonly Engine[],
  peers: readonly Forwarder[],
  { rounds, children, progress }: RoundsOptions,
): Promise<RoundsResult> {
  const place = await layout();
  const descriptors = Math.min(20_000, hardDescriptorLimit());
  const own = engines.map(
    (engine): Starter => ({
      name: `floatgate ${engine}`,
      spawn: () => spawnGateway(place, { main, descriptors, engine }, children),
    }),
  );
  const times = await measureStartUp(
    place.listeners,
    [...own, ...peerStarters(peers, place, children)],
    rounds,
    children,
    progress,
  );
  const found = [...times];
  return {
    samples: new Map(
      found.flatMap(([name, starts]) =>
        starts.kind === 'timed' ? [[name, starts.seconds.map((seconds) => ({ seconds }))]] : [],
      ),
    ),
    leftOut: [
      ...found.flatMap(([name, starts]) =>
        starts.kind === 'failed' ? [{ name, scenario: startUp.name, why: starts.why }] : [],
      ),
      ...peers.flatMap(({ name, unfit }) => {
        const why = unfit?.[startUp.name];
        return why === undefined ? [] : [{ name, scenario: startUp.name, why }];
      }),
    ],
  };
}
