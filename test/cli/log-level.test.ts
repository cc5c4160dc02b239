import { expect, it } from 'vitest';
import { someStatus } from '../helpers/fake-gateway.ts';
import { runOn } from './running.ts';

it('shows the level, and changes it', async () => {
  const routes = {
    'GET /api/status': () => ({ body: someStatus }),
    'PUT /api/log-level': ({ body }: { readonly body: unknown }) => ({ body }),
  };
  expect(await runOn(routes, ['log-level'])).toMatchObject({ code: 0, out: 'info\n' });
  const { code, out, asked } = await runOn(routes, ['log-level', 'debug']);
  expect({ code, out }).toEqual({ code: 0, out: 'It logs debug and what is more severe\n' });
  expect(asked).toEqual([{ route: 'PUT /api/log-level', body: { level: 'debug' } }]);
});
