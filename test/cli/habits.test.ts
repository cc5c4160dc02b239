import { expect, it } from 'vitest';
import { run } from './fake-io.ts';

/** The commands to paste of a message. */
const pasted = (message: string) => message.split('\n').flatMap((line) => (line.startsWith('  ') ? [line.trim()] : []));

it.each([
  ['-L 8080:10.0.0.5:80', 'floatgate forward 8080=10.0.0.5:80', 'floatgate forward 127.0.0.1:8080=10.0.0.5:80'],
  [
    'forward -L 8080:web:80 --allow 10.0.0.0/8',
    'floatgate forward --allow 10.0.0.0/8 8080=web:80',
    /127\.0\.0\.1:8080=/,
  ],
  ['forward -L 127.0.0.1:8080:10.0.0.5:80', 'floatgate forward 127.0.0.1:8080=10.0.0.5:80'],
  ['-N -L localhost:8080:[fd00::5]:80', "floatgate forward 'localhost:8080=[fd00::5]:80'"],
  ['-L8080:a:80 -L *:9090:b:90', 'floatgate forward 8080=a:80 9090=b:90', /127\.0\.0\.1:9090=/],
  ['-fN -L 8080:web:80 user@gate', 'floatgate forward 8080=web:80', /127\.0\.0\.1:8080=/],
  ['-R 8080:a:80', /^Cannot use -R: floatgate leads ports of this machine to targets/],
  ['-D1080', /^Cannot use -D: floatgate is no SOCKS proxy/],
  ['-L socket', 'floatgate forward 8080=10.0.0.5:80'],
  ['forward 9000:10.1.2.3:22', 'floatgate forward 9000=10.1.2.3:22'],
  ['forward [::1]:9000:10.1.2.3:22 -v', "floatgate forward '[::1]:9000=10.1.2.3:22' -v"],
  ['9000:10.1.2.3:22', 'floatgate forward 9000=10.1.2.3:22'],
  ['forward 8000-8010:10.1.2.3:9000-9010', 'floatgate forward 8000-8010=10.1.2.3:9000-9010'],
  ['forward 8080', 'floatgate forward 8080=10.0.0.5:80'],
  ['forward localhost:8080=', 'floatgate forward localhost:8080=10.0.0.5:80'],
  ['forward :8080= -v', 'floatgate forward :8080=10.0.0.5:80 -v'],
  ['forward =', /Cannot read LISTEN/],
  ['forward 8080 web:80 9090=b:1', 'floatgate forward 8080=web:80 9090=b:1'],
  ['forward 8080=http://10.0.0.5', 'floatgate forward 8080=10.0.0.5:80'],
  ['forward 8443=https://web.internal/path?x=1', /Cannot read/],
  ['forward 2222=ssh://10.0.0.5 8080=https://web:8443/', 'floatgate forward 2222=10.0.0.5:22 8080=web:8443'],
  ['forward 8080=10.0.0.5 --skip-busy=yes', 'floatgate forward 8080=10.0.0.5:80 --skip-busy'],
  ['forward 8080=fd00::5', "floatgate forward '8080=[fd00::5]:80'"],
  ['forward -- 8080=web', 'floatgate forward -- 8080=web:80'],
  ['8080=10.0.0.5:80 9090=b:1 --verbose', 'floatgate forward 8080=10.0.0.5:80 9090=b:1 --verbose'],
  ['up 8080=10.0.0.5:80', 'floatgate forward 8080=10.0.0.5:80'],
  ['start', 'floatgate up'],
  ['run --subnet 10.0.0.0/24', 'floatgate up --subnet 10.0.0.0/24'],
  ['serve 8080=a:80', 'floatgate forward 8080=a:80'],
  ['up forward 8080=10.0.0.5:80', 'floatgate forward 8080=10.0.0.5:80'],
  ['up --allow 10.0.0.0/8 10.1.0.0/16 fd00::/8 -v', 'floatgate up --allow 10.0.0.0/8,10.1.0.0/16,fd00::/8 -v'],
  ['forward --allow=A B 8080=a:80', 'floatgate forward --allow=A,B 8080=a:80'],
  ['up --service ssh=30000:22 db=31000:5432', 'floatgate up --service ssh=30000:22,db=31000:5432'],
  ['up 192.168.20.0/24', 'floatgate up --subnet 192.168.20.0/24'],
  ['192.168.20.0/24 --hosts 1-9', 'floatgate up --subnet 192.168.20.0/24 --hosts 1-9'],
  ['map gateway.yaml', 'floatgate map --config gateway.yaml'],
  ['stop', 'floatgate drain'],
  ['restart', 'floatgate reload'],
  ['kill 4711', 'floatgate sessions --host 16 --kill'],
  ['top', 'floatgate sessions --sort bytes --watch'],
  ['ps', 'floatgate sessions'],
  ['show sessions', 'floatgate sessions'],
  ['show targets', 'floatgate targets'],
  ['disable 16', 'floatgate targets --out 16'],
  ['sessions 16', 'floatgate sessions --host 16'],
  ['targets --out 16 17', 'floatgate targets --out 16,17'],
] as const)('floatgate %s: 2, and what to type', async (typed, ...expected) => {
  const { code, out, err } = await run(typed.split(' '));
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/Cannot /);
  const commands = pasted(err);
  if (expected[0] instanceof RegExp) {
    expect(err).toMatch(expected[0]);
    return;
  }
  expect(commands).toEqual(expected.map((one) => (typeof one === 'string' ? one : expect.stringMatching(one))));
  for (const command of commands) expect(err).not.toContain(`${command} `);
});

it('names how npm start is left', async () => {
  const environment = { npm_lifecycle_event: 'start' };
  const { err } = await run(['up', 'forward', '8080=10.0.0.5:80'], environment);
  expect(err).toMatch(/^Cannot use forward: 'npm start' is 'floatgate up' already; type:$/m);
  expect(pasted(err)).toEqual(['node dist/floatgate.cjs forward 8080=10.0.0.5:80']);
  expect(pasted((await run(['up', '8080=10.0.0.5:80'], environment)).err)).toEqual([
    'node dist/floatgate.cjs forward 8080=10.0.0.5:80',
  ]);
});

it('leaves values of flags, and what is right, alone', async () => {
  const words = ['map', '--subnet', '192.168.20.0/24', '--log-file', 'start', '--hosts', '9', '--skip=17,18'];
  expect(await run(words)).toMatchObject({ code: 0, err: '' });
});
