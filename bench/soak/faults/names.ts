/** Every fault there is; what each does is in `faults.ts`. */
export const faultNames = [
  'target refuses',
  'target resets at once',
  'target resets',
  'target stalls',
  'target stops reading',
  'target closes early',
  'client resets',
  'client gives up on a target that does not read',
  'gateway stopped',
  'log unread',
  'burst',
  'storm at the session limit',
] as const;

export type FaultName = (typeof faultNames)[number];
