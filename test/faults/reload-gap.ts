import { readFileSync } from 'node:fs';
import { freeEndpoint } from '../../bench/process/free-port.ts';
import { reservePorts } from '../helpers/free-ports.ts';
import type { Fault } from './fault.ts';
import { Reloading } from './reloads.ts';

/** Reloads before anything is measured: V8 has compiled what they need then. */
const warmUp = 10;

/** A whole subnet is planned anew while a neighbour plays ping-pong. */
export const reloadGap: Fault = {
  name: 'reload-gap',
  title: 'a gateway of 762 listeners reloads with one change, again and again',
  load: '20 reloads after 10 to warm up, then 750 and 500 without a pause; a ping-pong session',
  expected: 'longest gap of the neighbour, median over the 20: 30 ms; memory and descriptors stay as they are',
  needs: [],
  async run(fixture) {
    const { measured, settling, more } = fixture.pick({
      ci: { measured: 3, settling: 0, more: 20 },
      full: { measured: 20, settling: 750, more: 500 },
    });
    const target = await fixture.target({ kind: 'echo' });
    const listen = await freeEndpoint();
    const reloading = new Reloading(fixture);
    const bases = [await reservePorts(255), await reservePorts(255), await reservePorts(255)];
    const services = bases.map((base, index) => `s${index}: { base: ${base}, port: 22 }`).join(', ');
    const write = (change: number): void =>
      reloading.write(
        `gateway: { subnet: 127.0.77.0/24, services: { ${services} }, skip: [${change % 2 === 0 ? 253 : 254}] }\n` +
          `bind: [127.0.0.1]\nforwards: [{ listen: "127.0.0.1:${listen.port}", to: "127.0.0.1:${target.at.port}" }]\n`,
      );
    write(0);
    const gateway = await fixture.gateway({ args: reloading.args });
    fixture.check('it has 760 listeners', gateway.ready.listeners === 760, gateway.ready.listeners);
    const neighbour = await fixture.neighbour(listen, { pause: 0 });
    let change = 0;
    const next = async (): Promise<number> => {
      change += 1;
      write(change);
      return await reloading.reload(gateway);
    };
    for (let reload = 0; reload < fixture.pick({ ci: 2, full: warmUp }); reload += 1) await next();
    const gaps: number[] = [];
    const took: number[] = [];
    for (let reload = 0; reload < measured; reload += 1) {
      await neighbour.look();
      took.push(await next());
      gaps.push((await neighbour.look()).max);
    }
    const gap = median(gaps);
    fixture.checkFigure('a gap of 30 ms at most, median', gap <= 30, gap);
    fixture.saw(`longest gap ${gap.toFixed(1)} ms (median of ${measured}; ${Math.max(...gaps).toFixed(1)} at most)`);
    fixture.saw(`a reload takes ${median(took)} ms (median)`);

    // V8's heap has grown to what such a pace needs by then.
    for (let reload = 0; reload < settling; reload += 1) await next();
    const before = { memory: residentMegabytes(gateway.pid), descriptors: gateway.descriptors() };
    for (let reload = 0; reload < more; reload += 1) await next();
    const after = { memory: residentMegabytes(gateway.pid), descriptors: gateway.descriptors() };
    // As many listeners as when it was ready.
    if (change % 2 !== 0) await next();
    fixture.check('as many descriptors as before', after.descriptors === before.descriptors, after.descriptors);
    fixture.checkFigure(
      'memory grows by 10 MB at most',
      after.memory - before.memory < 10,
      after.memory - before.memory,
    );
    fixture.saw(`${more} reloads more: ${before.memory} MB, then ${after.memory} MB; ${after.descriptors} descriptors`);
    await fixture.over(gateway, neighbour);
  },
};

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** VmRSS (proc_pid_status(5)). */
function residentMegabytes(pid: number): number {
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024);
}
