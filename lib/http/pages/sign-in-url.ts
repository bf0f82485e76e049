import type { ByokRequest, ResolvedByokOptions } from '../../interfaces/index.js';
import { pageOf } from './return-to.js';

/**
 * Where somebody signs in, with the page they come from as `return_to`; `undefined` where the application does not say.
 *
 * @param otherwise - The page to come back to where it cannot be told.
 * @internal
 */
export function signInUrlOf(
  { dashboard }: Pick<ResolvedByokOptions, 'dashboard'>,
  request: ByokRequest,
  otherwise: string,
): string | undefined {
  if (dashboard === false || dashboard.signInUrl === undefined) return undefined;
  const [, address = '', fragment = ''] = /^([^#]*)(.*)$/s.exec(dashboard.signInUrl) ?? [];
  const returnTo = encodeURIComponent(pageOf(request) ?? otherwise);
  return `${address}${address.includes('?') ? '&' : '?'}return_to=${returnTo}${fragment}`;
}
