import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Whether an interface is a bridge of this machine's own containers or virtual machines alone: none of its ports leads
 * to hardware, not even by way of a VLAN or bond. A bridge over a network card is the network itself.
 *
 * @param devices `/sys/class/net` (sysfs, Documentation/ABI/testing/sysfs-class-net). Where it does not show the
 *   interface, the usual names decide.
 */
export function isContainerBridge(name: string, devices = '/sys/class/net'): boolean {
  const device = join(devices, name);
  if (!existsSync(device)) return usualNames.test(name);
  if (!existsSync(join(device, 'bridge'))) return false;
  return !list(join(device, 'brif')).some((port) => leadsToHardware(port, devices, 8));
}

/** Docker, Podman, CNI, nerdctl, Kubernetes (kubenet), libvirt, LXC, LXD and Incus call their bridges so. */
const usualNames =
  /^(docker\d+|br-[\da-f]{12}|podman\d+|cni(-podman)?\d+|nerdctl\d+|cbr\d+|virbr\d+|(lxc|lxd|incus)br\d+)$/;

/** `depth` bounds the walk down a stack of devices. */
function leadsToHardware(name: string, devices: string, depth: number): boolean {
  const device = join(devices, name);
  if (existsSync(join(device, 'device'))) return true;
  const lower = list(device).filter((entry) => entry.startsWith('lower_'));
  return depth > 0 && lower.some((entry) => leadsToHardware(entry.slice('lower_'.length), devices, depth - 1));
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
