import { readOwnAddresses } from '../base/machine-facts.ts';
import { localSubnet } from '../cloud/local-subnet.ts';
import { lookUpLocalAddress } from '../cloud/metadata.ts';
import type { LoadedConfig } from '../config/read-config.ts';
import type { Network } from '../plan/map-gateway.ts';

export interface FindNetworkOptions {
  /** Milliseconds for all tries together. */
  readonly timeout: number;
  readonly tries: 'one' | 'until the time is over';
  /** Gets a line for each try that failed, and one for the answer. */
  onLine(level: 'info' | 'warn', line: string): void;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

export type FoundNetwork =
  | { readonly kind: 'not needed' }
  | ({ readonly kind: 'found' } & Network)
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'stopped' };

/** Asks the metadata service for the network, where the configuration has `subnet: metadata`. */
export async function findNetwork(
  { config }: LoadedConfig,
  { timeout, tries, onLine, signal = new AbortController().signal }: FindNetworkOptions,
): Promise<FoundNetwork> {
  if (config.gateway?.subnet !== 'metadata') return { kind: 'not needed' };
  const answer = await lookUpLocalAddress({
    timeout,
    locate: (address) => localSubnet(address, readOwnAddresses()),
    onTry: (line) => onLine('warn', line),
    signal,
    // No time is left for a second one.
    ...(tries === 'one' && { firstDelay: timeout }),
  });
  if (answer.kind === 'aborted') return { kind: 'stopped' };
  if (answer.kind === 'gave up') return { kind: 'failed', message: answer.message };
  const { address, network, publicAddress } = answer;
  const outside = publicAddress === undefined ? '' : `; ${publicAddress} leads here from outside`;
  onLine('info', `the metadata service answers ${address}; ${network.how}${outside}`);
  return {
    kind: 'found',
    subnet: network.subnet,
    publicAddresses: publicAddress === undefined ? [] : [publicAddress],
  };
}
