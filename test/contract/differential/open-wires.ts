import { onTestFinished } from 'vitest';
import { EngineWire } from './engine-wire.ts';
import { enginesToCompare } from './engines-to-compare.ts';
import { PlainWire } from './plain-wire.ts';
import type { Wire } from './wire.ts';

/** The plain pair, and every engine; closed when the test is over. */
export async function openWires(): Promise<readonly Wire[]> {
  const engines = enginesToCompare.map(({ name, create }) => EngineWire.open(name, create({ waitingRoom: 8 })));
  const wires = await Promise.all([PlainWire.open(), ...engines]);
  onTestFinished(() => {
    for (const wire of wires) wire.close();
  });
  return wires;
}
