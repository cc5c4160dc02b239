import { describe, expect, test } from 'vitest';
import type { MachineFacts } from '../../src/base/machine-facts.ts';
import { type NetworkUp, networkUp } from '../../src/cli/network-up.ts';
import { load } from '../config/load.ts';
import { within } from '../helpers/until.ts';
import { gatewayMachine } from '../plan/planning.ts';

const noRoute: MachineFacts = { ...gatewayMachine, routes: [] };
const noAddress: MachineFacts = { ...gatewayMachine, addresses: [] };

interface Waited {
  readonly outcome: NetworkUp;
  readonly lines: readonly string[];
  readonly looks: number;
}

/** What the machine is like at each look; the last stays. */
async function wait(
  flags: Readonly<Record<string, string>>,
  machines: readonly MachineFacts[],
  missing: (address: string, look: number) => boolean = () => false,
): Promise<Waited> {
  const lines: string[] = [];
  let looks = 1;
  const outcome = await within(
    'the end of the wait',
    networkUp(load({ flags }), {
      facts: machines[0] ?? gatewayMachine,
      readFacts() {
        looks += 1;
        return machines[looks - 1] ?? machines.at(-1) ?? gatewayMachine;
      },
      onWait: (line) => lines.push(line),
      signal: new AbortController().signal,
      missing: (address) => missing(address, looks),
    }),
  );
  return { outcome, lines, looks };
}

describe('the network', () => {
  test('is not waited for by default', async () => {
    const { outcome, looks } = await wait({}, [noRoute], () => true);
    expect(outcome).toEqual({ kind: 'up', facts: noRoute });
    expect(looks).toBe(1);
  });

  test('that is up is not waited for', async () => {
    const { outcome, lines } = await wait({ 'wait-for-network': '1m' }, [gatewayMachine]);
    expect(outcome).toEqual({ kind: 'up', facts: gatewayMachine });
    expect(lines).toEqual([]);
  });

  test('comes up: first the route, then the address; the facts are the last ones', async () => {
    const { outcome, lines, looks } = await wait({ 'wait-for-network': '1m' }, [noRoute, noAddress, gatewayMachine]);
    expect(outcome).toEqual({ kind: 'up', facts: gatewayMachine });
    expect(looks).toBe(3);
    expect(lines).toEqual(['The network is not up: this machine has no default route; waiting for at most 1m']);
  });

  test('comes up with an address to dial from', async () => {
    const flags = { 'wait-for-network': '1m', 'dial-from': '192.168.20.99' };
    const [known] = gatewayMachine.addresses;
    if (known === undefined) throw new Error('Cannot test: the machine has no address');
    const both = {
      ...gatewayMachine,
      addresses: [...gatewayMachine.addresses, { ...known, address: '192.168.20.99' }],
    };
    const { outcome, lines, looks } = await wait(flags, [gatewayMachine, both]);
    expect(outcome).toEqual({ kind: 'up', facts: both });
    expect(looks).toBe(2);
    expect(lines).toEqual([
      'The network is not up: no interface holds 192.168.20.99 to dial from; waiting for at most 1m',
    ]);
  });

  test('does not come up', async () => {
    const { outcome } = await wait({ 'wait-for-network': '20ms' }, [noRoute]);
    expect(outcome).toEqual({
      kind: 'failed',
      message:
        'Cannot serve: this machine has no default route, and gave up after 20ms; ' +
        'wait longer with --wait-for-network, or name subnet and addresses that are there',
    });
  });

  test('is not waited for where waiting does not help: the plan reports the problem', async () => {
    const routes = ['ens3', 'ens4'].map((name) => ({ interface: name, destination: '0.0.0.0', prefix: 0, metric: 0 }));
    const single = [{ interface: 'ens3', address: '10.0.0.4', family: 4 as const, prefix: 32 }];
    for (const machine of [
      { ...gatewayMachine, routes },
      { ...gatewayMachine, addresses: single },
    ]) {
      const { outcome, looks } = await wait({ 'wait-for-network': '1m' }, [machine]);
      expect(outcome.kind).toBe('up');
      expect(looks).toBe(1);
    }
  });
});

describe('addresses to listen on', () => {
  const flags = { 'wait-for-network': '1m', bind: '10.5.0.1,fd00::5' };

  test('are waited for, each of them', async () => {
    const { outcome, lines, looks } = await wait(flags, [gatewayMachine], (_, look) => look < 3);
    expect(outcome.kind).toBe('up');
    expect(looks).toBe(3);
    expect(lines).toEqual([
      'The network is not up: no interface holds 10.5.0.1, fd00::5 to listen on; waiting for at most 1m',
    ]);
  });

  test('wildcards need no interface', async () => {
    const { looks } = await wait({ 'wait-for-network': '1m' }, [gatewayMachine], () => true);
    expect(looks).toBe(1);
  });
});

test('a signal ends the wait', async () => {
  const stop = new AbortController();
  const outcome = networkUp(load({ flags: { 'wait-for-network': '1m' } }), {
    facts: noRoute,
    readFacts: () => noRoute,
    onWait: () => stop.abort(),
    signal: stop.signal,
  });
  expect(await within('the end of the wait', outcome)).toEqual({ kind: 'stopped' });
});
