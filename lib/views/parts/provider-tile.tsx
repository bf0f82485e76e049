import type { VNode } from 'preact';

/** The initials of a provider's name: `OA` of OpenAI, `HF` of Hugging Face. @internal */
export function initials(name: string): string {
  const words = name.match(/\p{Lu}\p{Ll}*|[\p{L}\p{N}]+/gu) ?? [];
  return words
    .slice(0, 2)
    .map((word) => [...word][0].toUpperCase())
    .join('');
}

/** A square with the provider's initials. @internal */
export function ProviderTile({ name }: { name: string }): VNode {
  return (
    <span class="byok-tile" aria-hidden="true">
      {initials(String(name))}
    </span>
  );
}
