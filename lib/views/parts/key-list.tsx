import type { VNode } from 'preact';
import { getProviderInfo, type ProviderFacts } from '../format/index.js';
import { keyState } from './key-state.js';
import { type RowSettings, StoredKeyRow } from './stored-key-row.js';
import type { StoredKeyView } from './stored-key-view.js';

/** A stored key and its provider. @internal */
export type ProviderKey = StoredKeyView & { provider: string };

/** Properties of {@link KeyList}. @internal */
export interface KeyListProps extends RowSettings {
  keys: readonly ProviderKey[];
  facts?: ProviderFacts;
  labelledBy: string;
}

/** A row for each key: first those that need somebody, then as they were given. @internal */
export function KeyList({ keys, labelledBy, ...settings }: KeyListProps): VNode {
  const { facts, ...shared } = settings;
  const { reader, t } = shared;
  const counts = new Map<string, number>();
  for (const { provider } of keys) counts.set(provider, (counts.get(provider) ?? 0) + 1);
  const rows = keys.map((stored) => {
    const info = getProviderInfo(stored.provider, facts, reader);
    return { stored, info, keyState: keyState(stored, info, reader, t) };
  });
  const needsSomebody = ({ keyState: { advice } }: (typeof rows)[number]) => advice !== undefined;
  return (
    <ul class="byok-rows" aria-labelledby={labelledBy}>
      {[...rows.filter(needsSomebody), ...rows.filter((row) => !needsSomebody(row))].map((row) => (
        <StoredKeyRow
          {...shared}
          {...row}
          provider={row.stored.provider}
          isOneOfSeveral={(counts.get(row.stored.provider) ?? 0) > 1}
        />
      ))}
    </ul>
  );
}
