import { clientResetsWhileDialing } from './client-resets-while-dialing.ts';
import { clockJumps } from './clock-jumps.ts';
import { descriptorLimit } from './descriptor-limit.ts';
import { descriptorsTaken } from './descriptors-taken.ts';
import type { Fault } from './fault.ts';
import { idleClients } from './idle-clients.ts';
import { ipv6Refused } from './ipv6-refused.ts';
import { killed } from './killed.ts';
import { listenerFlooded } from './listener-flooded.ts';
import { listenersFlooded } from './listeners-flooded.ts';
import { logDiskFull } from './log-disk-full.ts';
import { logPipeBlocked } from './log-pipe-blocked.ts';
import { loopByHairpin } from './loop-by-hairpin.ts';
import { loopByTwoGateways } from './loop-by-two-gateways.ts';
import { loopWithoutCarrier } from './loop-without-carrier.ts';
import { memoryLimit } from './memory-limit.ts';
import { metadataLies } from './metadata-lies.ts';
import { millionNetworks } from './million-networks.ts';
import { nameChanges } from './name-changes.ts';
import { networkLate } from './network-late.ts';
import { noProc } from './no-proc.ts';
import { oneSource } from './one-source.ts';
import { portsInTimeWait } from './ports-in-time-wait.ts';
import { portsUsedUp } from './ports-used-up.ts';
import { reloadGap } from './reload-gap.ts';
import { reloads } from './reloads.ts';
import { signalsAtStart } from './signals-at-start.ts';
import { silentHosts } from './silent-hosts.ts';
import { silentNameServers } from './silent-name-servers.ts';
import { stopped } from './stopped.ts';
import { targetBlackholed } from './target-blackholed.ts';
import { targetReadsSlowly } from './target-reads-slowly.ts';
import { targetRefuses } from './target-refuses.ts';
import { targetResets } from './target-resets.ts';
import { targetSendsSlowly } from './target-sends-slowly.ts';
import { targetSilent } from './target-silent.ts';
import { targetVanishes } from './target-vanishes.ts';

/** In the order of the table. */
export const faults: readonly Fault[] = [
  descriptorLimit,
  descriptorsTaken,
  portsUsedUp,
  targetRefuses,
  targetResets,
  targetSilent,
  targetBlackholed,
  targetVanishes,
  targetReadsSlowly,
  targetSendsSlowly,
  clientResetsWhileDialing,
  idleClients,
  listenerFlooded,
  listenersFlooded,
  nameChanges,
  logPipeBlocked,
  logDiskFull,
  clockJumps,
  stopped,
  killed,
  metadataLies,
  networkLate,
  noProc,
  ipv6Refused,
  silentNameServers,
  millionNetworks,
  signalsAtStart,
  memoryLimit,
  oneSource,
  silentHosts,
  portsInTimeWait,
  reloads,
  reloadGap,
  loopWithoutCarrier,
  loopByHairpin,
  loopByTwoGateways,
];
