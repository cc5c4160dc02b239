import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isContainerBridge } from '../../src/base/container-bridges.ts';

/** As sysfs shows them: what is a link there is a folder here. */
const devices = mkdtempSync(join(tmpdir(), 'floatgate-devices-'));

beforeAll(() => {
  const folders = [
    'docker0/bridge',
    'docker0/brif/veth1',
    'empty/bridge',
    'empty/brif',
    // A card, a VLAN over it, a bond of two, and a bridge over each.
    'eth0/device',
    'eth0.5/lower_eth0',
    'eth1/device',
    'bond0/lower_eth0',
    'bond0/lower_eth1',
    'br0/bridge',
    'br0/brif/eth0',
    'vmbr0/bridge',
    'vmbr0/brif/vnet100',
    'vmbr0/brif/bond0',
    'virbr7/bridge',
    'virbr7/brif/eth0.5',
    'loop/lower_loop',
    'br-loop/bridge',
    'br-loop/brif/loop',
    'veth1',
    'vnet100',
  ];
  for (const folder of folders) mkdirSync(join(devices, folder), { recursive: true });
});

afterAll(() => rmSync(devices, { recursive: true }));

test.each([
  ['docker0', true],
  ['empty', true],
  ['br0', false],
  ['vmbr0', false],
  // Its name is that of a bridge of virtual machines, but it has a card.
  ['virbr7', false],
  ['br-loop', true],
  ['eth0', false],
  ['veth1', false],
])('%s joins containers alone: %s', (name, expected) => {
  expect(isContainerBridge(name, devices)).toBe(expected);
});

test.each([
  ['docker0', true],
  ['br-0123456789ab', true],
  ['virbr0', true],
  ['cni-podman0', true],
  ['lxdbr0', true],
  // Open vSwitch, and what people call a bridge over their card.
  ['br-ex', false],
  ['br-lan', false],
  ['br0', false],
  ['eth0', false],
])('%s where there is no /sys: %s', (name, expected) => {
  expect(isContainerBridge(name, '/nowhere/at/all')).toBe(expected);
});
