import type { ByokRequest } from '../../interfaces/index.js';
import { parseUrl } from '../../validation/index.js';
import type { MountPath } from '../platform/mount-path.js';

const NOWHERE = 'http://nowhere.invalid';

/** A path on this site, or `undefined` for anything that a browser could take for another site's. @internal */
export function sameOriginPath(value: unknown): string | undefined {
  // A browser reads a backslash as a slash, and skips tabs and line breaks.
  if (typeof value !== 'string' || !/^\/(?![/\\])[^\\\p{C}]*$/u.test(value) || value.length > 2048) return undefined;
  const url = parseUrl(value, NOWHERE);
  if (!url) return undefined;
  const { origin, pathname, search, hash } = url;
  // Normalising can leave two slashes at the front: /.//x
  if (origin !== NOWHERE || pathname.startsWith('//')) return undefined;
  return pathname + search + hash;
}

/** The page a person was on when a request of theirs was refused. @internal */
export function pageOf(request: ByokRequest & { method?: string }, mountPath: MountPath): string | undefined {
  if (request.method === 'GET') return sameOriginPath(mountPath.asSent(request));
  const referer = request.headers.referer;
  const url = typeof referer === 'string' ? parseUrl(referer) : undefined;
  if (!url) return undefined;
  // Only the path of it is used, so it leads nowhere but here.
  const { pathname, search } = url;
  return sameOriginPath(pathname + search);
}

/** The path of an address on this site, without the slash at its end. @internal */
export function pathOf(address: string | undefined): string {
  return (parseUrl(address ?? '/', NOWHERE)?.pathname ?? '/').replace(/(?<=.)\/$/, '');
}
