import { expect, it } from 'vitest';
import type { Asked } from '../helpers/fake-gateway.ts';
import { pagesOf, runOn } from './running.ts';

const target = (name: string, more: object = {}) => ({
  target: name,
  pool: 'ssh/16',
  tier: 'primary',
  weight: 1,
  state: 'in',
  sessions: 1_200,
  checked: false,
  ...more,
});
const rows = [target('192.168.20.16:22', { state: 'out' }), target('10.0.0.5:80', { pool: '8080', checked: true })];
const out = [{ what: '192.168.20.16', since: '2026-11-27T11:00:00.000Z', targets: 3, sessions: 2 }];

it('shows targets', async () => {
  const words = ['targets', '--host', '16', '--state', 'on-trial'];
  const { code, out: text, asked } = await runOn({ 'GET /api/targets': pagesOf(rows) }, words);
  expect(code).toBe(0);
  expect(asked[0]?.route).toBe('GET /api/targets?host=16&state=on+trial');
  expect(text.split('\n')).toEqual([
    'target            pool    state  checked  tier     weight  sessions',
    '192.168.20.16:22  ssh/16  out    no       primary       1     1,200',
    '10.0.0.5:80       8080    in     yes      primary       1     1,200',
    '2 targets',
    '',
  ]);
});

it('prints JSON, and says when there is none', async () => {
  const json = await runOn({ 'GET /api/targets': pagesOf(rows, 1) }, ['targets', '--json']);
  expect(JSON.parse(json.out)).toEqual({ rows, page: 1, pages: 1, total: 2 });
  const none = await runOn({ 'GET /api/targets': pagesOf([]) }, ['targets', '--pool', 'x']);
  expect(none).toMatchObject({ code: 0, out: 'No target fits --pool x\n' });
});

it('takes targets out and in, and says which sessions are left and how to end them', async () => {
  const routes = {
    'POST /api/targets': ({ body }: Asked) => {
      const { what } = body as { what: string };
      return { body: { out, changed: what === '17' ? [] : [`192.168.20.${what}`] } };
    },
  };
  const { code, out: text, asked } = await runOn(routes, ['targets', '--out', '16,17', '--in', '18,17']);
  expect(code).toBe(0);
  expect(asked.map(({ body }) => body)).toEqual([
    { what: '16', state: 'out' },
    { what: '17', state: 'out' },
    { what: '18', state: 'in' },
    { what: '17', state: 'in' },
  ]);
  expect(text.split('\n')).toEqual([
    'out: 192.168.20.16',
    '17 is out already',
    'in again: 192.168.20.18',
    '17 is not out',
    '2 sessions are still with 192.168.20.16; to end them:',
    '  floatgate sessions --target 192.168.20.16 --kill',
    '',
  ]);
  const json = await runOn(routes, ['targets', '--out', '16', '--json']);
  expect(JSON.parse(json.out)).toEqual({ out, changed: ['192.168.20.16'] });
});

it('stops at what is refused', async () => {
  const detail = 'Cannot take web out: no target is called so; floatgate targets lists them';
  const routes = { 'POST /api/targets': () => ({ status: 404, body: { type: 'x', title: 'x', status: 404, detail } }) };
  const { code, err, asked } = await runOn(routes, ['targets', '--out', 'web,16']);
  expect({ code, err, asks: asked.length }).toEqual({ code: 2, err: `${detail}\n`, asks: 1 });
  expect(await runOn(routes, ['targets', '--out', ','])).toMatchObject({ code: 2, asked: [] });
});
