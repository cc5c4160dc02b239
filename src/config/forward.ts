import { z } from 'zod';
import { type Ports, parseAddress, parseEndpoints, parsePorts, portCount } from '../base/address.ts';
import { figure } from '../base/count.ts';
import { hintForListen } from './endpoint-hint.ts';
import { health } from './health.ts';
import { ownSettings } from './scope-settings.ts';
import { hint } from './section.ts';
import { type TargetConfig, targets } from './targets.ts';

/** What a forward listens on: ports on every `bind` address, or on one address. */
interface ListenText extends Ports {
  /** As written, but for `:8080` and `*:8080`, which are `8080`; the forward's name. */
  readonly text: string;
  /** IP literal, or `localhost` for the loopback addresses of both families; absent: the addresses of `bind`. */
  readonly address?: string;
}

/** Ports of one forward. A listener takes a descriptor, and each forward is a rule that somebody wrote by hand. */
const mostPorts = 4096;

const listen = z
  .union([z.number(), z.string()], hint(hintForListen('')))
  .meta({
    description: 'Port, or IP address and port, to listen on; a range of ports is 8000-8010',
    placeholder: '[ADDR:]PORT',
    examples: [8080, '127.0.0.1:8080', '[::1]:8080', 'localhost:8080', '8000-8010'],
  })
  .transform((raw, context): ListenText => {
    const text = String(raw).trim();
    const listening = parseListen(text);
    if (listening !== undefined) return listening;
    context.issues.push({ code: 'custom', message: hintForListen(text), input: raw });
    return z.NEVER;
  });

const balance = z
  .enum(['roundrobin', 'leastconn', 'source'], hint('write roundrobin, leastconn or source'))
  .meta({ description: 'How sessions are spread: in turn, to the least busy, or each source always to the same' })
  .prefault('roundrobin');

/** An ad hoc rule: one listen address, or a range of ports -> one target or several. */
export const forwardSchema = z
  .strictObject(
    { listen, to: targets, balance, health: health.exactOptional(), ...ownSettings },
    {
      error: (issue) =>
        issue.code === 'unrecognized_keys' ? undefined : 'write a mapping like { listen: 8080, to: 10.0.0.5:80 }',
    },
  )
  .superRefine(({ listen, to }, context) => {
    const ports = portCount(listen);
    if (ports > mostPorts) {
      const message = `it has ${figure(ports)} ports; write a range of at most ${figure(mostPorts)}`;
      context.issues.push({ code: 'custom', message, input: listen, path: ['listen'] });
    }
    for (const [index, target] of to.entries()) {
      const message = rangeProblem(listen, target);
      const path = to.length === 1 ? ['to'] : ['to', index];
      if (message !== undefined) context.issues.push({ code: 'custom', message, input: target, path });
    }
  });

/** Each port of a range leads to the same offset in the target's range, or all of them to its one port. */
function rangeProblem(listen: ListenText, target: TargetConfig): string | undefined {
  const [from, to] = [portCount(listen), portCount(target)];
  if (to === 1 || from === to) return undefined;
  if (from === 1) return `${listen.text} is one port and cannot lead to ${to}; write one, like ${target.port}`;
  const end = target.port + from - 1;
  const advice = `write ${target.port}-${end}, or one port for all of them`;
  return `it has ${to} ports for the ${from} of ${listen.text}; ${advice}`;
}

function parseListen(text: string): ListenText | undefined {
  const bare = /^\*?:(?=\d)/.test(text) ? text.slice(text.indexOf(':') + 1) : text;
  const alone = parsePorts(bare);
  if (alone !== undefined) return { text: bare, ...alone };
  const endpoint = parseEndpoints(text);
  if (endpoint === undefined) return undefined;
  const { host, ...ports } = endpoint;
  const address = host.toLowerCase() === 'localhost' ? 'localhost' : parseAddress(host);
  return address === undefined ? undefined : { text, address, ...ports };
}
