import type { INestApplication } from '@nestjs/common';
import { type Route, routesOf } from './platforms.js';

export type { Route };

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The routes below a path that are not called by a safe method, as the platform's own router has them. */
export function mutatingRoutes(nest: INestApplication, below: string): Route[] {
  return routesOf(nest).filter(({ method, path }) => path.startsWith(below) && !SAFE.has(method));
}
