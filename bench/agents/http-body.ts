/** What the HTTP target answers, and the loads check. */
export const httpBody = `${'floatgate bench '.repeat(8)}\n`;
