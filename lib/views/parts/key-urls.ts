/**
 * An address below that of the pages, which may be the root of a site.
 *
 * @param owner - The kind of owner whose keys it is about, if that is not the reader.
 * @internal
 */
export function urlBelow(baseUrl: string, path: string, owner?: string): string {
  return forOwner(`${baseUrl.replace(/\/+$/, '')}/${path}`, owner);
}

/** An address, about the keys of an owner. @internal */
export function forOwner(url: string, owner: string | undefined): string {
  return owner === undefined ? url : `${url}?owner=${encodeURIComponent(owner.toWellFormed())}`;
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
