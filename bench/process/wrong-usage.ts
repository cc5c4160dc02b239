/** What was asked for cannot be done: the run ends with exit code 2 instead of 1, as floatgate itself does. */
export class WrongUsage extends Error {}
