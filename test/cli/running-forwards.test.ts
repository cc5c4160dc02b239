import { expect, it } from 'vitest';
import { run } from './fake-io.ts';
import { runOn } from './running.ts';

const reloaded = {
  outcome: 'applied',
  changes: [{ kind: 'added', what: 'listeners', name: 'forward 8080', detail: '10.0.0.5:80', sessions: 0 }],
  warnings: [],
  skipped: [],
  tookMs: 2,
};
const routes = {
  'POST /api/forwards': () => ({ body: reloaded }),
  'POST /api/forwards/remove': () => ({ body: reloaded }),
};

it('adds forwards to a running gateway, and removes them', async () => {
  const added = await runOn(routes, ['forward', '--to-running', '8080=10.0.0.5:80', '--for', '2h']);
  expect(added).toMatchObject({ code: 0, out: expect.stringMatching(/^The changes are applied .*forward 8080/s) });
  expect(added.asked).toEqual([
    { route: 'POST /api/forwards', body: { forwards: ['8080=10.0.0.5:80'], forMs: 7_200_000 } },
  ]);
  const stays = await runOn(routes, ['forward', '8080=a:80', '9090=b:90', '--to-running']);
  expect(stays.asked[0]?.body).toEqual({ forwards: ['8080=a:80', '9090=b:90'] });
  const removed = await runOn(routes, ['forward', '--to-running', '--remove', '8080,9090']);
  expect(removed).toMatchObject({
    code: 0,
    asked: [{ route: 'POST /api/forwards/remove', body: { listen: ['8080', '9090'] } }],
  });
});

it.each([
  ['--to-running', /^Cannot forward nothing: .*--remove LISTEN\n$/],
  ['--to-running --remove 1 2=a:3', /^Cannot add and remove forwards at once/],
  ['--to-running --remove=1 2=a:3', /^Cannot add and remove forwards at once/],
  [
    '--to-running --allow 10.0.0.0/8 1=a:3',
    /^Cannot use --allow with --to-running: the running gateway's own .* it out/,
  ],
  [
    '--to-running --config x.yaml --skip-busy --sessions 5 1=a:3',
    /^Cannot use --config, --sessions, --skip-busy with --to-running: .* leave them out/,
  ],
] as const)('forward %s ends with 2', async (words, message) => {
  const { code, err, asked } = await runOn(routes, ['forward', ...words.split(' ')]);
  expect({ code, asked }).toEqual({ code: 2, asked: [] });
  expect(err).toMatch(message);
});

it.each(['for', 'remove'])('--%s needs --to-running', async (flag) => {
  const { code, err } = await run(['forward', '8080=10.0.0.5:80', `--${flag}`, '8080']);
  const message = `Cannot use --${flag} by itself: it is about a running gateway; add --to-running\n`;
  expect({ code, err }).toEqual({ code: 2, err: message });
});

it.each(['0s', '366d'])('refuses --for %s, and says how long it may be', async (time) => {
  const words = ['forward', '--to-running', '8080=10.0.0.5:80', '--for', time];
  const err = `Cannot read --for: current value is "${time}"; write a duration from 1s to 365d\n`;
  expect(await runOn({}, words)).toMatchObject({ code: 2, err, asked: [] });
});
