import { z } from 'zod';
import { parseSubnet } from '../base/cidr.ts';
import { health } from './health.ts';
import { hostsHint, parseHostRange, parseSkipped, skipHint } from './host-range.ts';
import { port } from './numbers.ts';
import { ownSettings } from './scope-settings.ts';
import { type About, hint, section } from './section.ts';

const subnetHint = 'write auto, metadata or an IPv4 network like 192.168.20.0/24';
const subnet = z
  .string(hint(subnetHint))
  .meta({
    description: "Network to map: the default route's (auto), the cloud's answer (metadata), or like 192.168.20.0/24",
    flag: 'subnet',
    placeholder: 'auto|metadata|CIDR',
    pattern: '^(auto|metadata|\\d{1,3}(\\.\\d{1,3}){3}/\\d{1,2})$',
    examples: ['auto', 'metadata', '192.168.20.0/24'],
  })
  .transform((text, context) => {
    if (text === 'auto' || text === 'metadata') return text;
    const parsed = parseSubnet(text);
    if (parsed.ok) return parsed.subnet.text;
    const { proposal } = parsed;
    const message = proposal === undefined ? subnetHint : `it is no network; did you mean ${proposal}?`;
    context.issues.push({ code: 'custom', message, input: text });
    return z.NEVER;
  })
  .prefault('auto');

/** Host numbers as a number, a text with commas, or a list; each list item is one entry, so that problems find it. */
function hostList<Entry>(
  what: string,
  meta: About & { readonly description: string; readonly examples: readonly unknown[] },
  read: (text: string | number) => Entry | undefined,
) {
  const item = z.union([z.number(), z.string()], hint(what));
  return z
    .union([z.number(), z.string(), z.array(item)], hint(what))
    .meta({ ...meta, examples: [...meta.examples] })
    .transform((raw, context): readonly Entry[] => {
      const items = typeof raw === 'string' ? raw.split(',') : Array.isArray(raw) ? raw : [raw];
      return items.flatMap((text, index) => {
        const entry = read(text);
        if (entry !== undefined) return [entry];
        const path = Array.isArray(raw) ? [index] : [];
        context.issues.push({ code: 'custom', message: what, input: text, path });
        return [];
      });
    });
}

const servicePattern = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;
export const serviceNameHint = 'write a service name of up to 32 letters, digits, - and _ that starts with a letter';

export function isServiceName(name: string): boolean {
  return servicePattern.test(name);
}

export const gatewaySchema = section(
  {
    subnet,
    hosts: hostList(
      hostsHint,
      {
        description: 'Host numbers to map, like 1-254 or 1-20,30',
        flag: 'hosts',
        placeholder: 'RANGE',
        byDefault: '1-254, or what the subnet has',
        examples: ['1-254', '1-20,30', ['1-20', 30]],
      },
      parseHostRange,
    ).exactOptional(),
    skip: hostList(
      skipHint,
      {
        description: 'Host numbers, ranges or addresses to leave out, like 17,192.168.20.200',
        flag: 'skip',
        placeholder: 'RANGE|ADDR',
        byDefault: 'none',
        examples: [[17, '100-110', '192.168.20.200'], '17,200'],
      },
      parseSkipped,
    ).prefault([]),
    services: z
      .record(
        // Names are checked by `layerProblems`.
        z.string(),
        section(
          {
            base: port('Port base+n leads to host n'),
            port: port('Port of the hosts'),
            health: health.exactOptional(),
            ...ownSettings,
          },
          '{ base: 30000, port: 22 }',
        ),
        hint('write services below it, like ssh: { base: 30000, port: 22 }'),
      )
      .meta({
        description: 'Services to map, by name; the ones given replace the default ones',
        propertyNames: { type: 'string', pattern: servicePattern.source },
        flag: 'service',
        placeholder: 'NAME=BASE:PORT',
        byDefault: 'ssh=30000:22, http=31000:80, https=32000:443',
      })
      .prefault({
        ssh: { base: 30_000, port: 22 },
        http: { base: 31_000, port: 80 },
        https: { base: 32_000, port: 443 },
      }),
  },
  'subnet: auto',
).meta({ description: 'Maps the hosts of a subnet to ports: base+n leads to host n' });
