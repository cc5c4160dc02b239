import type { Entry } from '../book.ts';
import type { Environment } from '../environment.ts';
import type { Random } from '../random.ts';
import { burst, storm } from './bursts.ts';
import type { FaultName } from './names.ts';
import { clientGivesUp, clientResets, targetRefuses, targetResets, targetResetsAtOnce } from './resets.ts';
import { targetClosesEarly, targetStalls, targetStopsReading } from './slow-targets.ts';

/** The one list of what can be thrown in. `session` is one with a fault of its own, which the entry is for. */
type Fault =
  | {
      readonly kind: 'session';
      readonly run: (environment: Environment, entry: Entry, random: Random) => Promise<void>;
    }
  | { readonly kind: 'gateway' | 'burst'; readonly run: (environment: Environment, random: Random) => Promise<void> };

export const faults: Readonly<Record<FaultName, Fault>> = {
  'target refuses': { kind: 'session', run: targetRefuses },
  'target resets at once': { kind: 'session', run: targetResetsAtOnce },
  'target resets': { kind: 'session', run: targetResets },
  'target stalls': { kind: 'session', run: targetStalls },
  'target stops reading': { kind: 'session', run: targetStopsReading },
  'target closes early': { kind: 'session', run: targetClosesEarly },
  'client resets': { kind: 'session', run: clientResets },
  'client gives up on a target that does not read': { kind: 'session', run: clientGivesUp },
  'gateway stopped': { kind: 'gateway', run: ({ gateway }, random) => gateway.suspend(random.whole(1_000, 3_000)) },
  'log unread': { kind: 'gateway', run: ({ gateway }, random) => gateway.leaveLogUnread(random.whole(2_000, 6_000)) },
  burst: { kind: 'burst', run: burst },
  'storm at the session limit': { kind: 'burst', run: storm },
};
