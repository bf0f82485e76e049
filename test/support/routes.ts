import type { INestApplication } from '@nestjs/common';

export interface Route {
  method: string;
  path: string;
}

interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The routes below a path that are not called by a safe method, as Express' own router has them. */
export function mutatingRoutes(nest: INestApplication, below: string): Route[] {
  const { router } = nest.getHttpAdapter().getInstance() as { router: { stack: Layer[] } };
  return router.stack.flatMap(({ route }) =>
    route?.path.startsWith(below)
      ? Object.keys(route.methods)
          .map((method) => ({ method: method.toUpperCase(), path: route.path }))
          .filter(({ method }) => !SAFE.has(method))
      : [],
  );
}
