import type { Forwarder } from '../forwarders/forwarder.ts';
import type { Children } from '../process/children.ts';
import type { Workshop } from '../process/workshop.ts';
import type { LeftOut } from '../report/report.ts';
import { go } from './go.ts';
import { haproxy, haproxyTuned } from './haproxy.ts';
import { kernelDnat } from './kernel-dnat.ts';
import { nginx } from './nginx.ts';
import { NotHere, type Peer } from './peer.ts';
import { rinetd } from './rinetd.ts';
import { socat } from './socat.ts';

const peers: readonly Peer[] = [haproxy, haproxyTuned, nginx, go, socat, rinetd, kernelDnat];

/** As typed after --peer: the first word of a name, in small letters. */
const typed = ({ name }: Peer): string => name.toLowerCase().split(' ')[0] ?? name;

export const peerNames: readonly string[] = [...new Set(peers.map(typed))];

/** The peers that can be measured here, and those that cannot. */
export interface Field {
  readonly forwarders: readonly Forwarder[];
  readonly leftOut: readonly LeftOut[];
}

/** Makes the peers ready that were chosen by name; all of them when none was. */
export async function findField(chosen: readonly string[], workshop: Workshop, children: Children): Promise<Field> {
  const forwarders: Forwarder[] = [];
  const leftOut: LeftOut[] = [];
  for (const peer of peers) {
    if (chosen.length > 0 && !chosen.includes(typed(peer))) continue;
    try {
      forwarders.push(await peer.prepare(workshop, children));
    } catch (error) {
      if (!(error instanceof NotHere)) throw error;
      leftOut.push({ name: peer.name, why: error.message });
    }
  }
  return { forwarders, leftOut };
}
