/** An address below that of the pages, which may be the root of a site. @internal */
export function urlBelow(baseUrl: string, path: string): string {
  return `${baseUrl.replace(/\/+$/, '')}/${path}`;
}

/**
 * Where a provider's key is sent. A text that is not well-formed Unicode has no place in an address; what is wrong in it
 * is replaced, and the server refuses the name.
 *
 * @internal
 */
export function keyUrl(provider: string, baseUrl = '/byok'): string {
  return urlBelow(baseUrl, `keys/${encodeURIComponent(provider.toWellFormed())}`);
}
