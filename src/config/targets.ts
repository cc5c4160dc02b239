import { z } from 'zod';
import { type Ports, parseEndpoints } from '../base/address.ts';
import { type Host, hostOf, hostText } from '../base/host.ts';
import { hintForTarget } from './endpoint-hint.ts';
import { wholeNumber } from './numbers.ts';
import { proxyProtocol } from './scope-settings.ts';
import { hint, section } from './section.ts';

/** A target of a forward. */
export type TargetConfig = Host &
  Ports & {
    readonly weight: number;
    readonly backup: boolean;
    /** Left out: the forward's. */
    readonly proxyProtocol?: 'off' | 'v1' | 'v2';
  };

const targetHint = hintForTarget('');

const endpoint = z
  .string(hint(targetHint))
  .meta({
    description:
      'Where connections lead: host and port, or a range as long as that of listen; a name is looked up at each dial',
    placeholder: 'HOST:PORT',
    examples: ['10.0.0.5:80', '[fd00::5]:80', 'web.internal:80', '10.0.0.5:8000-8010'],
  })
  .transform((text, context) => {
    const read = parseEndpoints(text.trim());
    if (read !== undefined) {
      const { host, ...ports } = read;
      return { ...hostOf(host), ...ports };
    }
    context.issues.push({ code: 'custom', message: hintForTarget(text.trim()), input: text });
    return z.NEVER;
  });

const one = z.union(
  [
    endpoint.transform((read): TargetConfig => ({ ...read, weight: 1, backup: false })),
    section(
      {
        target: endpoint,
        weight: wholeNumber('Its share of the sessions beside the other targets', { min: 1, max: 1000 }).prefault(1),
        backup: z
          .boolean(hint('write true or false'))
          .meta({ description: 'Only used while none of the others can be' })
          .prefault(false),
        proxyProtocol: proxyProtocol.exactOptional(),
      },
      'target: 10.0.0.5:80',
    ).transform(({ target, ...rest }): TargetConfig => ({ ...target, ...rest })),
  ],
  hint(targetHint),
);

/** One target, or a list of them; a list once read. */
export const targets = z
  .union([one, z.array(one, hint(targetHint)).min(1, hint(targetHint))], hint(targetHint))
  .meta({ description: 'One target or several, each host:port or a mapping' })
  .transform((raw, context): readonly [TargetConfig, ...TargetConfig[]] => {
    const all = Array.isArray(raw) ? raw : [raw];
    const problem = (index: number | undefined, message: string) =>
      context.issues.push({ code: 'custom', message, input: raw, path: index === undefined ? [] : [index] });
    const seen = new Set<string>();
    all.forEach((target, index) => {
      const key = `${hostText(target).toLowerCase().replace(/\.$/, '')} ${target.port}-${target.lastPort}`;
      if (seen.has(key)) problem(index, 'it is in the list already; leave one of them out, or give it a weight');
      seen.add(key);
    });
    if (all.every(({ backup }) => backup)) problem(undefined, 'every target is a backup; leave backup out of one');
    const [first, ...others] = all;
    return first === undefined ? z.NEVER : [first, ...others];
  });
