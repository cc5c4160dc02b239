import { expect, test } from 'vitest';
import {
  formatEndpoint,
  isHostName,
  isLiteral,
  parseAddress,
  parseEndpoint,
  parsePort,
  unmapped,
} from '../../src/base/address.ts';

test.each([
  ['10.0.0.5:80', '10.0.0.5', 80],
  ['[fd00::5]:80', 'fd00::5', 80],
  ['[0:0:0:0:0:0:0:1]:8080', '::1', 8080],
  ['[::ffff:192.0.2.1]:80', '192.0.2.1', 80],
  ['[::10.0.0.5]:80', '::a00:5', 80],
  ['[::ffff:0:10.0.0.5]:80', '::ffff:0:a00:5', 80],
  ['[fe80::1%eth0]:22', 'fe80::1%eth0', 22],
  ['web.internal:65535', 'web.internal', 65_535],
  ['localhost:1', 'localhost', 1],
])('reads %s', (text, host, port) => {
  expect(parseEndpoint(text)).toEqual({ host, port });
});

test.each([
  '',
  '80',
  '10.0.0.5',
  '10.0.0.256:80',
  '10.0.0:80',
  '010.0.0.1:80',
  '::1:80',
  '[::1]',
  '[10.0.0.5]:80',
  '[web]:80',
  'web:0',
  'web:65536',
  'web:http',
  'we b:80',
  '-web:80',
  'http://web:80',
])('refuses %j as host and port', (text) => {
  expect(parseEndpoint(text)).toBeUndefined();
});

test('has one spelling for each address', () => {
  expect(parseAddress('FD00:0::0001')).toBe('fd00::1');
  expect(parseAddress('::FFFF:10.0.0.1')).toBe('10.0.0.1');
  expect(parseAddress('::10.0.0.5')).toBe('::a00:5');
  expect(parseAddress('FE80::1%br-lan')).toBe('fe80::1%br-lan');
  expect(parseAddress('::')).toBe('::');
  expect(parseAddress('1.2.3')).toBeUndefined();
  expect(parseAddress('localhost')).toBeUndefined();
});

test('host names follow RFC 1123', () => {
  expect(isHostName('a.b-c.example.')).toBe(true);
  expect(isHostName('_srv.example')).toBe(true);
  expect(isHostName('a'.repeat(63))).toBe(true);
  expect(isHostName('a'.repeat(64))).toBe(false);
  expect(isHostName(`${'abc.'.repeat(64)}com`)).toBe(false);
  expect(isHostName('a..b')).toBe(false);
  expect(isHostName('10.0.0.256')).toBe(false);
});

test('ports are decimal, 1 to 65535', () => {
  expect(parsePort('1')).toBe(1);
  expect(parsePort('65535')).toBe(65_535);
  for (const text of ['0', '65536', '080', '8e1', ' 80', '']) expect(parsePort(text)).toBeUndefined();
});

test('writes endpoints and unmaps peers', () => {
  expect(formatEndpoint('::1', 80)).toBe('[::1]:80');
  expect(formatEndpoint('10.0.0.1', 80)).toBe('10.0.0.1:80');
  expect(unmapped('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(unmapped('2001:db8::1')).toBe('2001:db8::1');
});

test('literals differ from names', () => {
  for (const literal of ['10.0.0.5', '::1', 'fe80::1%eth0', '2001:db8::17']) expect(isLiteral(literal)).toBe(true);
  for (const name of ['web1', 'localhost', 'host.example', 'a.b-1', 'x.2y', 'h.']) expect(isLiteral(name)).toBe(false);
});
