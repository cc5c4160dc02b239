import { z } from 'zod';
import { hint, section } from './section.ts';

/** Bytes of the path of a Unix socket: sun_path has 108, the last of them a NUL (unix(7)). */
const longestPath = 107;

const socketHint = 'write auto, off or the path of a socket, like /run/floatgate/web.sock or ./web.sock';
const lengthHint = `the path of a socket has ${longestPath} bytes at most (unix(7)); write a shorter one`;

/** Where the control socket is: `auto` finds a folder that is fit for it. A path has a slash: `of` is no path. */
const socket = z
  .string(hint(socketHint))
  .meta({
    description: 'Control socket: in the first folder that is fit for it (auto), none (off), or its path',
    flag: 'control',
    placeholder: 'auto|off|PATH',
    examples: ['auto', 'off', '/run/floatgate/web.sock'],
  })
  .transform((text, context): 'auto' | 'off' | { readonly path: string } => {
    if (text === 'auto' || text === 'off') return text;
    const isPath = /^[^\0]*\/[^\0]*[^\0/]$/.test(text);
    if (isPath && Buffer.byteLength(text) <= longestPath) return { path: text };
    context.issues.push({ code: 'custom', message: isPath ? lengthHint : socketHint, input: text });
    return z.NEVER;
  });

const instancePattern = /^[A-Za-z][A-Za-z0-9._-]{0,31}$/;
const instanceHint = 'write a name of up to 32 letters, digits, -, _ and . that starts with a letter';

/** How commands reach a running gateway. */
export const control = section(
  {
    socket: socket.prefault('auto'),
    instance: z
      .string(hint(instanceHint))
      .regex(instancePattern, hint(instanceHint))
      .meta({
        description: 'Name of this gateway for commands, where several run',
        flag: 'instance',
        placeholder: 'NAME',
        byDefault: 'its command, like up',
      })
      .exactOptional(),
  },
  'socket: off',
)
  .meta({ description: 'How commands reach a running gateway' })
  .prefault({});
