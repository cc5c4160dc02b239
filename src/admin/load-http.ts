/** The packages that serve HTTP. */
export interface HttpModules {
  readonly Hono: typeof import('hono').Hono;
  readonly getRequestListener: typeof import('@hono/node-server').getRequestListener;
  readonly RequestError: typeof import('@hono/node-server').RequestError;
}

/**
 * Loads them. The only place that does, once, right after start: `npm install` may replace their files under a
 * process that runs, and neither loads anything later. Rejects where they cannot be loaded.
 */
export async function loadHttp(): Promise<HttpModules> {
  const [{ Hono }, { getRequestListener, RequestError }] = await Promise.all([
    import('hono'),
    import('@hono/node-server'),
  ]);
  return { Hono, getRequestListener, RequestError };
}
