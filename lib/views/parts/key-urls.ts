/** An address below that of the pages, which may be the root of a site. @internal */
export function urlBelow(baseUrl: string, path: string): string {
  return `${baseUrl.replace(/\/+$/, '')}/${path}`;
}

/**
 * The URL that receives a provider's key. A URL cannot contain text that is not well-formed Unicode: the wrong characters are
 * replaced, and the server refuses the name.
 *
 * @internal
 */
export function keyUrl(provider: string, baseUrl = '/byok'): string {
  return urlBelow(baseUrl, `keys/${encodeURIComponent(provider.toWellFormed())}`);
}
