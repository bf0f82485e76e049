import type { ByokRequest, ResolvedByokOptions } from '../../interfaces/index.js';
import type { MountPath } from '../platform/mount-path.js';
import { pageOf } from './return-to.js';

/**
 * Where somebody signs in, with the page they come from as `return_to`; `undefined` where the application does not say.
 * It is the dashboard if the page is not known.
 *
 * @internal
 */
export function signInUrlOf(
  { dashboard }: Pick<ResolvedByokOptions, 'dashboard'>,
  request: ByokRequest,
  mountPath: MountPath,
): string | undefined {
  if (dashboard === false || dashboard.signInUrl === undefined) return undefined;
  const [, address = '', fragment = ''] = /^([^#]*)(.*)$/s.exec(dashboard.signInUrl) ?? [];
  const returnTo = encodeURIComponent(pageOf(request, mountPath) ?? mountPath.url);
  return `${address}${address.includes('?') ? '&' : '?'}return_to=${returnTo}${fragment}`;
}
