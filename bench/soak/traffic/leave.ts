import type { Entry } from '../book.ts';
import type { Environment } from '../environment.ts';

/** Comes and goes: at once, by FIN or by reset, or half at random. */
export async function leave(environment: Environment, entry: Entry): Promise<void> {
  const random = environment.random(entry);
  await environment.pause(random.whole(50, 400));
  await random.pick([finishAtOnce, resetAtOnce, halfClose])(environment, entry);
}

/** As a scanner that looks whether a port is open. */
async function finishAtOnce(environment: Environment, entry: Entry): Promise<void> {
  const socket = await environment.connect(environment.listener(environment.layout.raw, entry), entry);
  entry.reasons = ['client closed'];
  entry.bytes = { toTarget: 0, toClient: 0 };
  socket.end();
  await new Promise((resolve) => socket.once('close', resolve).resume());
}

async function resetAtOnce(environment: Environment, entry: Entry): Promise<void> {
  const socket = await environment.connect(environment.listener(environment.layout.raw, entry), entry);
  entry.reasons = ['client reset'];
  entry.record = 'maybe';
  socket.resetAndDestroy();
}

/** The client has sent all before the target sends its first byte. */
async function halfClose(environment: Environment, entry: Entry): Promise<void> {
  const random = environment.random(entry);
  const met = await environment.meet(entry);
  entry.reasons = ['client closed'];
  await met.client.send(random.whole(0, 5_000));
  met.client.finish();
  await met.target.ended();
  await environment.pause(random.whole(0, 300));
  await met.target.send(random.whole(0, 100_000));
  met.target.finish();
  await environment.endsClean(met);
}
