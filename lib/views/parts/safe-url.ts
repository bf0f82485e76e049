/**
 * An address that may stand in a link or be sent a form to: a path, a query or a fragment on this site, or an `http`
 * or `https` address with its host. `undefined` for everything else, and for anything a browser could read as
 * something else: scripts, data, other schemes, `//host`, backslashes, white space, controls, a user's name before the
 * host.
 *
 * @example
 * ```tsx
 * safeUrl('/byok'); // '/byok'
 * safeUrl(' javascript:alert(1)'); // undefined
 * ```
 *
 * @publicApi
 */
export function safeUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '' || value.length > 2048) return undefined;
  if (/[\s\p{C}\\]/u.test(value) || value.startsWith('//')) return undefined;
  // Without a colon before the first of these, there is no scheme.
  if (!/^[^/?#]*:/.test(value)) return value;
  if (!/^https?:\/\/[^/?#]/i.test(value)) return undefined;
  try {
    const { username, password } = new URL(value);
    return username || password ? undefined : value;
  } catch {
    return undefined;
  }
}
