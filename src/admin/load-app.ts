import type { RequestListener } from 'node:http';
import { type AppOptions, addRoutes } from './app.ts';

/**
 * Makes what answers requests. This is the one place that loads hono, and all of it: called once, right after the
 * start, so that no module is loaded later, when an `npm install` may have put another version in its place.
 */
export async function loadApp(options: AppOptions): Promise<RequestListener> {
  const [{ Hono }, { getRequestListener }] = await Promise.all([import('hono'), import('@hono/node-server')]);
  const app = new Hono();
  addRoutes(app, options);
  // Node makes its own Request and Response when they are needed first.
  await app.request('/healthz');
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return (incoming, outgoing) => void listener(incoming, outgoing);
}
