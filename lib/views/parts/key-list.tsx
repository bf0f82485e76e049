import type { VNode } from 'preact';
import { getProviderInfo } from '../format/index.js';
import { keyState } from './key-state.js';
import { type RowSettings, StoredKeyRow } from './stored-key-row.js';
import type { StoredKeyView } from './stored-key-view.js';

/** A stored key and its provider. @internal */
export type ProviderKey = StoredKeyView & { provider: string };

/** Properties of {@link KeyList}. @internal */
export interface KeyListProps extends RowSettings {
  keys: readonly ProviderKey[];
  labelledBy: string;
}

/** A row for each key: first those that need somebody, then as they were given. @internal */
export function KeyList({ keys, labelledBy, ...settings }: KeyListProps): VNode {
  const { reader, t } = settings;
  const counts = new Map<string, number>();
  for (const { provider } of keys) counts.set(provider, (counts.get(provider) ?? 0) + 1);
  const states = new Map(
    keys.map((key) => [key, keyState(key, getProviderInfo(key.provider, settings.facts, reader), reader, t)]),
  );
  const needsSomebody = (key: ProviderKey) => states.get(key)?.advice !== undefined;
  return (
    <ul class="byok-rows" aria-labelledby={labelledBy}>
      {[...keys.filter(needsSomebody), ...keys.filter((key) => !needsSomebody(key))].map((stored) => (
        <StoredKeyRow
          {...settings}
          stored={stored}
          provider={stored.provider}
          keyState={states.get(stored)!}
          isOneOfSeveral={(counts.get(stored.provider) ?? 0) > 1}
        />
      ))}
    </ul>
  );
}
