import { z } from 'zod';
import { parseAddress, parseEndpoint, parsePort } from '../base/address.ts';
import { health } from './health.ts';
import { leadingZero } from './numbers.ts';
import { ownSettings } from './scope-settings.ts';
import { hint } from './section.ts';
import { targets } from './targets.ts';

const listenHint = 'write a port, or an IP address and a port, like 8080, 127.0.0.1:8080 or "[::1]:8080"';

/** What a forward listens on: a port on every `bind` address, or one address:port. */
interface ListenText {
  /** As written; the forward's name. */
  readonly text: string;
  /** IP literal; absent: the addresses of `bind`. */
  readonly address?: string;
  readonly port: number;
}

const listen = z
  .union([z.number(), z.string()], hint(listenHint))
  .meta({
    description: 'Port, or IP address and port, to listen on',
    placeholder: '[ADDR:]PORT',
    examples: [8080, '127.0.0.1:8080', '[::1]:8080'],
  })
  .transform((raw, context): ListenText => {
    const listening = parseListen(String(raw).trim());
    if (listening !== undefined) return listening;
    context.issues.push({ code: 'custom', message: leadingZero(raw) ?? listenHint, input: raw });
    return z.NEVER;
  });

const balance = z
  .enum(['roundrobin', 'leastconn', 'source'], hint('write roundrobin, leastconn or source'))
  .meta({ description: 'How sessions are spread: in turn, to the least busy, or each source always to the same' })
  .prefault('roundrobin');

/** An ad hoc rule: one listen address -> one target or several. */
export const forwardSchema = z.strictObject(
  { listen, to: targets, balance, health: health.exactOptional(), ...ownSettings },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? undefined : 'write a mapping like { listen: 8080, to: 10.0.0.5:80 }',
  },
);

function parseListen(text: string): ListenText | undefined {
  const port = parsePort(text);
  if (port !== undefined) return { text, port };
  const endpoint = parseEndpoint(text);
  const address = endpoint === undefined ? undefined : parseAddress(endpoint.host);
  return endpoint === undefined || address === undefined ? undefined : { text, address, port: endpoint.port };
}
