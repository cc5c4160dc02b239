import type { MachineFacts } from '../../src/base/machine-facts.ts';
import { gatewayMachine } from '../plan/planning.ts';

const more = ['192.0.2.10', '192.0.2.11'];

/** The machine that the examples of the manual are for: the tutorial's, with two more addresses to dial from. */
export const tutorialMachine: MachineFacts = {
  ...gatewayMachine,
  addresses: [
    ...gatewayMachine.addresses,
    ...more.map((address) => ({ interface: 'ens4', address, family: 4, prefix: 24 }) as const),
  ],
  localNetworks: [...gatewayMachine.localNetworks, ...more],
};
