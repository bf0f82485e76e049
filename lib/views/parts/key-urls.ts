/**
 * Where a provider's key is sent. A text that is not well-formed Unicode has no place in an address; what is wrong in it
 * is replaced, and the server refuses the name.
 *
 * @internal
 */
export function keyUrl(provider: string, baseUrl = '/byok'): string {
  return `${baseUrl.replace(/\/+$/, '')}/keys/${encodeURIComponent(provider.toWellFormed())}`;
}
