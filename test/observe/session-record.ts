import type { SessionRecord } from '../../src/session/session-events.ts';

/** A session that ended well. */
export const sessionRecord: SessionRecord = {
  id: 7,
  service: 'ssh',
  host: 16,
  listener: '[::]:30016',
  client: '203.0.113.9:50122',
  target: '192.168.20.16:22',
  bytesToTarget: 3_100,
  bytesToClient: 12,
  started: 1_700_000_000_000,
  reason: 'client closed',
  duration: 2_000.123456,
  dialTime: 1.5,
  tries: 1,
  error: undefined,
};
