import { describe, expect, it } from 'vitest';
import { freeBases } from '../helpers/loopback-hosts.ts';
import { runCommand } from '../helpers/run-command.ts';
import { ask } from '../helpers/tcp-client.ts';
import { floatgate, serving } from './floatgate.ts';

const everyHost = Array.from({ length: 254 }, (_, index) => index + 1);

describe('floatgate demo', () => {
  it('answers the commands that it gives, and on every host', async () => {
    const [a, b, c] = (await freeBases(everyHost, 3)) as [number, number, number];
    const services = [`ssh=${a}:22`, `http=${b}:80`, `https=${c}:443`].flatMap((service) => ['--service', service]);
    await serving(floatgate('demo', ...services), async (_, ready) => {
      const [greeting, http, https, ...more] = ready.commands as string[];
      expect(more).toEqual(['floatgate help start']);
      // Not every machine has ssh: what nc would show is what comes.
      expect(greeting).toBe(`ssh -p ${a + 16} demo@127.0.0.1`);
      expect((await ask(a + 16)).received).toMatch(/\b16\b/);
      for (const [command, page] of [
        [http, `http://127.0.0.1:${b + 16}/`],
        [https, `https://127.0.0.1:${c + 16}/`],
      ]) {
        expect(command).toMatch(/^curl /);
        expect(command).toContain(page);
        const { code, stdout } = await runCommand('sh', ['-c', `${command} -sS --noproxy '*'`]);
        expect(code).toBe(0);
        expect(stdout).toMatch(/\b16\b/);
      }
      for (const host of [1, 17, 254]) {
        expect((await ask(a + host)).received).toMatch(new RegExp(`\\b${host}\\b`));
        const page = await runCommand('curl', ['-q', '-sS', '--noproxy', '*', `http://127.0.0.1:${b + host}/`]);
        expect(page.stdout).toMatch(new RegExp(`\\b${host}\\b`));
      }
    });
  });
});
