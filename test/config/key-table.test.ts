import { describe, expect, test } from 'vitest';
import { keyTable } from '../../src/config/key-table.ts';
import { settings } from '../../src/config/settings.ts';

const rows = new Map(keyTable().map((row) => [row.path, row]));

test('a row has all there is to a key', () => {
  expect(rows.get('timeouts.dial')).toEqual({
    path: 'timeouts.dial',
    flag: '--dial-timeout',
    variable: 'FLOATGATE_DIAL_TIMEOUT',
    type: 'DURATION',
    default: '5s',
    description: 'Time for one try to connect to a target, lookup included',
    scopes: 'service and forward too',
  });
});

test('every flag has its row, once, and every row a description and a type', () => {
  const flags = [...rows.values()].flatMap(({ flag }) => flag ?? []);
  expect(flags).toEqual(settings.map(({ flag }) => `--${flag}`));
  expect(rows.size).toBe(keyTable().length);
  for (const { path, description, type } of rows.values()) {
    expect(description, path).not.toBe('');
    expect(type, path).not.toBe('');
  }
});

describe('keys of services and forwards', () => {
  test('are listed where they stand', () => {
    expect(rows.get('gateway.services.NAME.base')).toMatchObject({ flag: undefined, type: 'PORT', default: '' });
    expect(rows.get('forwards[].to')).toMatchObject({ type: 'HOST:PORT, or a list of them' });
    expect(rows.get('forwards[].to[].proxyProtocol')).toMatchObject({ flag: undefined, variable: undefined });
    expect(rows.get('forwards[].health.rise')).toMatchObject({ type: 'N', default: '2' });
  });

  test('that the top has, too, are listed there alone', () => {
    expect([...rows.keys()].filter((path) => path.endsWith('timeouts.dial'))).toEqual(['timeouts.dial']);
    expect(rows.get('timeouts.drain')?.scopes).toBe('top only');
    expect(rows.get('limits.perSource.rate')?.scopes).toBe('service and forward too');
    expect(rows.get('access.allow')).toMatchObject({
      type: 'CIDR, or a list of them',
      scopes: 'service and forward too',
    });
  });
});
