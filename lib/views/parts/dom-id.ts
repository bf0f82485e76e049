const PLAIN = /^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/;

/**
 * An id out of texts. Ids that are referred to (`for`, `aria-describedby`) cannot contain spaces; whatever is no letter
 * or digit is written as its code, so that different texts give different ids.
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
 * An id for a part of what has `id`. Three hyphens are what {@link domId} never writes, so that no part has the id of
 * something else, whatever a provider or a label is called. The script does the same.
 *
 * @internal
 */
export function partId(id: string, ...part: readonly string[]): string {
  return `${id}---${domId(...part)}`;
}

function codeOf(character: string): string {
  return `_${character.charCodeAt(0).toString(36)}_`;
}
