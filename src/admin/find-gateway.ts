import { localTime } from '../base/instant.ts';
import { ControlClient } from './client.ts';
import type { ClientFailure } from './client-failure.ts';
import type { Status } from './schemas.ts';
import type { Environment } from './socket-folders.ts';
import { findInstances, type Instance } from './socket-place.ts';

export type FoundGateway =
  | { readonly ok: true; readonly client: ControlClient }
  /** `none` is nobody's mistake; the other two are answered by naming another one. */
  | { readonly ok: false; readonly why: 'none' | 'several' | 'no such name'; readonly message: string };

/** Milliseconds that a gateway has to say what it is, where one of several has to be chosen. */
const introduction = 2_000;

/**
 * The running gateway that is meant: by `named` or FLOATGATE_INSTANCE, each the name of an instance or, with a slash,
 * the path of a socket; else the only one.
 */
export async function findGateway(
  named: string | undefined,
  environment: Environment,
  find: (environment: Environment) => Promise<readonly Instance[]> = findInstances,
): Promise<FoundGateway> {
  const wanted = named ?? (environment.FLOATGATE_INSTANCE || undefined);
  if (wanted?.includes('/')) return { ok: true, client: new ControlClient(wanted) };
  const instances = (await find(environment)).map(({ name, path }) => ({
    name,
    client: new ControlClient(path),
  }));
  if (wanted !== undefined) {
    const found = instances.find(({ name }) => name === wanted);
    if (found !== undefined) return { ok: true, client: found.client };
    if (instances.length === 0) return { ok: false, why: 'none', message: none };
    const others = instances.map(({ name }) => name).join(', ');
    const message = `Cannot find a running gateway ${wanted}: here run ${others}; name one of these`;
    return { ok: false, why: 'no such name', message };
  }
  const [only] = instances;
  if (only === undefined) return { ok: false, why: 'none', message: none };
  if (instances.length === 1) return { ok: true, client: only.client };
  const introduced = await Promise.all(
    instances.map(async (instance) => ({ ...instance, reply: await instance.client.status(introduction) })),
  );
  const lines = introduced.map(
    ({ name, reply }) => `  --instance ${name}    ${reply.ok ? about(reply.value) : mute(reply)}`,
  );
  return {
    ok: false,
    why: 'several',
    message: [`Cannot choose a gateway: ${instances.length} run here; name one of them:`, ...lines].join('\n'),
  };
}

const none = [
  'Cannot find a running gateway: this user has none with a control socket; start one:',
  '  floatgate up',
  'For that of another user, run this as that user: sudo -u USER floatgate status',
  "One that was started with '--control off' has no control socket",
].join('\n');

function about({ pid, command, startedAt }: Status): string {
  return `pid ${pid}, ${command}, since ${localTime(startedAt)}`;
}

function mute({ failure }: { readonly failure: ClientFailure }): string {
  return failure.message.replace(/^Cannot reach the gateway at [^:]*: /, '').split(';')[0] ?? '';
}
