import { describeAcceptors } from './acceptors.ts';
import { describeBugs } from './bugs.ts';
import { describeBytes } from './bytes.ts';
import { describeDials } from './dials.ts';
import type { EngineUnderTest } from './engine-under-test.ts';
import { describeHeads } from './heads.ts';
import { describeInputAfterFailedWrite } from './input-after-failed-write.ts';
import { describePeerAddresses } from './peer-addresses.ts';
import { describePrefixes } from './prefixes.ts';
import { describeResets } from './resets.ts';
import { describeTimeOuts } from './time-outs.ts';

/** What every engine must do, on real sockets. */
export function describeEngine(engine: EngineUnderTest): void {
  describeBytes(engine);
  describeResets(engine);
  describeInputAfterFailedWrite(engine);
  describeDials(engine);
  describeTimeOuts(engine);
  describeAcceptors(engine);
  describePeerAddresses(engine);
  describeHeads(engine);
  describePrefixes(engine);
  describeBugs(engine);
}
