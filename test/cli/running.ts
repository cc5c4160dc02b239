import { runCommandLine } from '../../src/cli/command-line.ts';
import { type Answered, type Asked, fakeGateway } from '../helpers/fake-gateway.ts';
import { fakeIo, type Ran } from './fake-io.ts';

export interface RanOnGateway extends Ran {
  readonly asked: readonly Asked[];
}

/** Runs a command on a gateway whose answers are a test's. */
export async function runOn(
  routes: Parameters<typeof fakeGateway>[0],
  words: readonly string[],
  style: 'terminal' | 'json' = 'json',
): Promise<RanOnGateway> {
  await using gateway = await fakeGateway(routes);
  const io = fakeIo({ FLOATGATE_INSTANCE: gateway.path }, style);
  try {
    const code = await runCommandLine(words, io);
    return { code, out: io.out(), err: io.err(), asked: gateway.asked };
  } finally {
    io.remove();
  }
}

/** Pages of rows. */
export function pagesOf(rows: readonly object[], size = 200): (asked: Asked) => Answered {
  return ({ route }) => {
    const page = Number(new URL(route.split(' ')[1] ?? '', 'http://x').searchParams.get('page') ?? 1);
    const pages = Math.max(1, Math.ceil(rows.length / size));
    return { body: { rows: rows.slice((page - 1) * size, page * size), page, pages, total: rows.length } };
  };
}
