import { z } from 'zod';
import { parseAddress, parseEndpoint, parsePort } from '../base/address.ts';

const listenHint = 'write a port, or an IP address and a port, like 8080, 127.0.0.1:8080 or "[::1]:8080"';
const targetHint = 'write a host and a port, like 10.0.0.5:80, "[fd00::5]:80" or web.internal:80';
const oneTargetHint = 'a forward takes one target; write a single host:port';

/** What a forward listens on: a port on every `bind` address, or one address:port. */
interface ListenText {
  /** As written; the forward's name. */
  readonly text: string;
  /** IP literal; absent: the addresses of `bind`. */
  readonly address?: string;
  readonly port: number;
}

const listen = z
  .union([z.number(), z.string()], { error: () => listenHint })
  .meta({ description: 'Port, or IP address and port, to listen on', examples: [8080, '127.0.0.1:8080', '[::1]:8080'] })
  .transform((raw, context): ListenText => {
    const listening = parseListen(String(raw).trim());
    if (listening !== undefined) return listening;
    context.issues.push({ code: 'custom', message: listenHint, input: raw });
    return z.NEVER;
  });

const target = z
  .union([z.string(), z.array(z.string(), { error: () => targetHint })], { error: () => targetHint })
  .meta({
    description: 'Where the connection leads: one host and port; a name is looked up again at each dial',
    examples: ['10.0.0.5:80', '[fd00::5]:80', 'web.internal:80'],
  })
  .transform((raw, context) => {
    const [first, ...others] = Array.isArray(raw) ? raw : [raw];
    const message = others.length > 0 || first?.includes(',') ? oneTargetHint : targetHint;
    const endpoint = others.length > 0 || first === undefined ? undefined : parseEndpoint(first.trim());
    if (endpoint !== undefined) return endpoint;
    context.issues.push({ code: 'custom', message, input: raw });
    return z.NEVER;
  });

/** An ad hoc rule: one listen address -> one target. */
export const forwardSchema = z.strictObject(
  { listen, to: target },
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
