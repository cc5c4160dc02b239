import { setTimeout as delay } from 'node:timers/promises';
import { contains, parseSubnet } from '../base/cidr.ts';
import { parseIp } from '../base/ip.ts';
import { forbiddenTarget, isLoopback } from '../base/special-addresses.ts';
import type { LocalSubnet } from './local-subnet.ts';
import { type AddressAnswer, localPath, tryMetadata } from './metadata-try.ts';

export interface LookUpOptions {
  /** Milliseconds for all tries together. */
  readonly timeout: number;
  /** The network of an answer on this machine, as it is now. An address that is not ours is a failed try. */
  locate(address: string): LocalSubnet;
  /** Gets a line for each try that failed. */
  onTry(line: string): void;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Default `http://169.254.169.254`, the link-local address of OpenStack's and EC2's metadata services. */
  readonly baseUrl?: string;
  /** Milliseconds for one try; default 5 s. */
  readonly tryTimeout?: number;
  /** Milliseconds before the second try, doubled up to 10 s; default 1 s. */
  readonly firstDelay?: number;
}

export type LookUp =
  | {
      readonly kind: 'found';
      readonly address: string;
      readonly network: FoundNetwork;
      /** The address that NAT translates to this machine, where the service knows of one. */
      readonly publicAddress?: string;
    }
  /** `message` reads `Cannot X: what is, and what to do`. */
  | { readonly kind: 'gave up'; readonly tries: number; readonly message: string }
  | { readonly kind: 'aborted' };

type FoundNetwork = Extract<LocalSubnet, { kind: 'found' }>;

const longestDelay = 10_000;
/** Milliseconds for the public address; the start goes on without it. */
const publicTimeout = 1_000;

/**
 * Requests this machine's own IPv4 address from the cloud's metadata service (EC2's `local-ipv4`, which OpenStack
 * serves, too) and waits for the service, which often comes up only after the machine has booted. An answer counts only
 * where this machine has the address: another machine may answer at a link-local address.
 */
export async function lookUpLocalAddress(options: LookUpOptions): Promise<LookUp> {
  const base = options.baseUrl ?? 'http://169.254.169.254';
  const url = new URL(localPath, base).href;
  const deadline = performance.now() + options.timeout;
  const tryTimeout = options.tryTimeout ?? 5_000;
  const firstDelay = options.firstDelay ?? 1_000;
  let pause = firstDelay;
  for (let tries = 1; ; tries += 1) {
    if (options.signal.aborted) return { kind: 'aborted' };
    const left = Math.max(1, deadline - performance.now());
    const { local, publicAddress } = await tryMetadata(base, Math.min(tryTimeout, left), options.signal);
    if (options.signal.aborted) return { kind: 'aborted' };
    const judged = judge(local, options);
    if (judged.kind === 'found') {
      const outside = await publicAddress(publicTimeout);
      if (options.signal.aborted) return { kind: 'aborted' };
      return { ...judged, ...(isOutside(outside, judged.network.subnet) && { publicAddress: outside }) };
    }
    const { problem } = judged;
    const rest = deadline - performance.now();
    if (rest < firstDelay) {
      return { kind: 'gave up', tries, message: gaveUp(url, options.timeout, tries, problem) };
    }
    // Near the end, tries come closer together instead of the time running out in a pause.
    pause = Math.min(pause, rest / 2);
    options.onTry(`Cannot read this machine's address from ${url}: ${problem}; trying again in ${seconds(pause)}`);
    try {
      await delay(pause, undefined, { signal: options.signal });
    } catch {
      return { kind: 'aborted' };
    }
    pause = Math.min(pause * 2, longestDelay);
  }
}

type Judged =
  | { readonly kind: 'found'; readonly address: string; readonly network: FoundNetwork }
  | { readonly kind: 'failed'; readonly problem: string };

function judge(local: AddressAnswer, { locate }: LookUpOptions): Judged {
  if (!local.ok) return { kind: 'failed', problem: local.problem };
  const network = locate(local.address);
  if (network.kind === 'found') return { kind: 'found', address: local.address, network };
  return { kind: 'failed', problem: `it answers ${local.address}, but ${network.why}` };
}

/** An address in the subnet itself is that of a host, or this machine's by the interface that holds it. */
function isOutside(address: string | undefined, subnet: string): address is string {
  const ip = address === undefined ? undefined : parseIp(address);
  if (address === undefined || ip === undefined || isLoopback(ip) || forbiddenTarget(ip) !== undefined) return false;
  const parsed = parseSubnet(subnet);
  return !(parsed.ok && contains(parsed.subnet, address));
}

function gaveUp(url: string, timeout: number, tries: number, problem: string): string {
  const count = tries === 1 ? '1 try' : `${tries} tries`;
  const advice = 'name the network with --subnet, or wait longer with --metadata-timeout';
  const ended = `gave up after ${count} in ${seconds(timeout)}`;
  return `Cannot read this machine's address from ${url}: ${problem}, and ${ended}; ${advice}`;
}

function seconds(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toFixed(1))} s`;
}
