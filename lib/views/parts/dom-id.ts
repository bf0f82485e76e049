const PLAIN = /^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/;

/**
 * An id made of texts. Ids that `for` or `aria-describedby` name cannot contain spaces. Characters other than letters and digits
 * are written as codes, so that different texts give different ids.
 *
 * @internal
 */
export function domId(...parts: readonly (string | undefined)[]): string {
  return parts
    .filter((part) => part !== undefined)
    .map((part) => (PLAIN.test(part) ? part : part.replace(/[^A-Za-z0-9-]|^-|-$|-(?=-)/g, codeOf)))
    .join('--');
}

/**
 * An id for a part of the element with `id`. {@link domId} never writes three hyphens, so that no provider or label can give
 * another element the same id. The script does the same.
 *
 * @internal
 */
export function partId(id: string, ...part: readonly string[]): string {
  return `${id}---${domId(...part)}`;
}

function codeOf(character: string): string {
  return `_${character.charCodeAt(0).toString(36)}_`;
}
