/**
 * Returns a URL that is safe in a link or as the target of a form: a path, query or fragment on this site, or an `http` or
 * `https` URL with a host. `undefined` for everything else: scripts, data, other schemes, `//host`, backslashes, white space,
 * control characters, a user name before the host.
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
  // Without a colon before the first of these, the URL has no scheme.
  if (!/^[^/?#]*:/.test(value)) return value;
  if (!/^https?:\/\/[^/?#]/i.test(value)) return undefined;
  try {
    const { username, password } = new URL(value);
    return username || password ? undefined : value;
  } catch {
    return undefined;
  }
}
