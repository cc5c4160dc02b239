import { expect, inject } from 'vitest';
import type { GatewayProcess, Line } from '../helpers/gateway-process.ts';
import { startFloatgate, stopFloatgate } from './floatgate-gateway.ts';
import { startIptables } from './iptables-gateway.ts';
import type { Lab } from './lab.ts';
import { startMetadata } from './lab-servers.ts';
import type { RawSeen } from './raw-connect.ts';

/** A way to reach the subnet, and how it shows a plain TCP client that a target cannot be reached. */
export interface Way {
  readonly name: string;
  /** Resolves when clients can connect, with what stops it again. */
  start(lab: Lab): Promise<() => Promise<void>>;
  /** The target refuses. */
  readonly refused: Partial<RawSeen>;
  /** The host is down. */
  readonly down: Partial<RawSeen>;
  /** Exit codes of curl, whose target refuses: 7 is "failed to connect", 56 "failure receiving". */
  readonly curlRefused: readonly number[];
}

const iptables: Way = {
  name: 'the iptables rules of the tutorial',
  start: startIptables,
  // The target's own answer to the SYN.
  refused: { connected: false, error: 'ECONNREFUSED' },
  // The gateway's kernel asks for the host's hardware address three times, a second each (arp(7)), then an ICMP
  // message follows. The client's own time-out is what bounds the wait.
  down: { connected: false, error: 'EHOSTUNREACH' },
  curlRefused: [7],
};

// The kernel has answered the SYN before floatgate can know: accepted, then reset.
const afterAccept = {
  // Where the reset overtakes the client's look at its socket, `connect` itself reports ECONNRESET; never ECONNREFUSED.
  refused: { error: 'ECONNRESET' },
  down: { connected: true, error: 'ECONNRESET' },
  curlRefused: [7, 56],
};

const metadata: Way = {
  name: 'floatgate up --subnet metadata',
  ...afterAccept,
  async start(lab) {
    const gateway = startFloatgate(lab, inject('packedGateway'), '--subnet', 'metadata');
    // The metadata service comes up late: not before the gateway has asked in vain.
    await gateway.logged({ msg: /169\.254\.169\.254/ });
    const server = await startMetadata(lab);
    expectTestedEngine(await gateway.ready());
    server.kill();
    return stopper(gateway);
  },
};

const auto: Way = {
  name: 'floatgate up --subnet auto',
  ...afterAccept,
  async start(lab) {
    const gateway = startFloatgate(lab, inject('packedGateway'), '--subnet', 'auto');
    expectTestedEngine(await gateway.ready());
    return stopper(gateway);
  },
};

function expectTestedEngine(ready: Line): void {
  expect(ready.engine).toMatchObject({ name: inject('packedGateway').engine });
}

function stopper(gateway: GatewayProcess): () => Promise<void> {
  return async () => {
    try {
      await stopFloatgate(gateway);
    } finally {
      gateway.child.kill('SIGKILL');
    }
  };
}

/** The first is the one that the others are measured by. */
export const ways: readonly [Way, ...Way[]] = [iptables, metadata, auto];
