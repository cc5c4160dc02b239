import type { Program } from './forwarder.ts';

/**
 * `NAME=COMMAND ...` as given to --variant: words split on spaces, {listen} and {target} replaced by host:port,
 * {listenHost}, {listenPort}, {targetHost} and {targetPort} by their parts.
 */
export function parseVariant(text: string): Program {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(equals, 0)).trim();
  const [program, ...args] = text
    .slice(equals + 1)
    .split(' ')
    .filter((word) => word !== '');
  if (name === '' || program === undefined || !text.includes('{listen') || !text.includes('{target')) {
    throw new Error(`Cannot add the variant '${text}': write NAME=COMMAND with {listen} and {target} in it`);
  }
  return {
    kind: 'program',
    name,
    role: 'other',
    command({ listen, target }) {
      const fill = (word: string): string =>
        word
          .replaceAll('{listen}', `${listen.host}:${listen.port}`)
          .replaceAll('{listenHost}', listen.host)
          .replaceAll('{listenPort}', String(listen.port))
          .replaceAll('{target}', `${target.host}:${target.port}`)
          .replaceAll('{targetHost}', target.host)
          .replaceAll('{targetPort}', String(target.port));
      return [fill(program), ...args.map(fill)];
    },
  };
}
