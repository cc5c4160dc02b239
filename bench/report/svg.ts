/** What every picture here looks like; readable on a light background and on a dark one. */
export const baseStyle = `
  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328; }
  .title { font-size: 20px; font-weight: 600; }
  .panel { font-size: 14px; font-weight: 600; }
  .quiet { fill: #59636e; font-size: 12px; }
  .page { fill: #ffffff; }
  .card { fill: #f6f8fa; stroke: #d1d9e0; }`;

export const baseDarkStyle = `
    text { fill: #e6edf3; } .quiet { fill: #9198a1; }
    .page { fill: #0d1117; } .card { fill: #151b23; stroke: #3d444d; }`;

/** The picture's first tag; `kind` is a class of the style. */
export function openingTag(width: number, height: number, kind?: string): string {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img"${kind === undefined ? '' : ` class="${kind}"`}>`;
}

/** `kind` is a class of the style. */
export function text(x: number | string, y: number, kind: string, content: string): string {
  return `<text class="${kind}" x="${x}" y="${y}">${escaped(content)}</text>`;
}

/** Tenths of a pixel are enough. */
export function fixed(value: number): string {
  return value.toFixed(1);
}

export function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
