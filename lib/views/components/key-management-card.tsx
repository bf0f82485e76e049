import type { VNode } from 'preact';
import type { ProviderFacts } from '../format/index.js';
import { type ReaderProps, translator } from '../translate.js';
import type { FormStateProps } from '../parts/form-state.js';
import type { HeadingLevel } from '../parts/heading.js';
import { ProviderCard } from '../parts/provider-card.js';
import type { StoredKeyView } from '../parts/stored-key-view.js';

/** Properties of {@link KeyManagementCard}. @publicApi */
export interface KeyManagementCardProps extends ReaderProps, FormStateProps {
  provider: string;
  /** The stored key. Without it and without `keys`, the card asks for a key. */
  storedKey?: StoredKeyView | null;
  /** Several keys of the provider, each with its own label. */
  keys?: readonly StoredKeyView[];
  /** The provider's facts, or those of several by name. */
  providerConfig?: ProviderFacts;
  /** Where the pages are mounted. Default `/byok`. */
  baseUrl?: string;
  /** Where a new key is sent. Default `<baseUrl>/keys/<provider>`; `null`: it cannot be replaced. */
  replaceAction?: string | null;
  /** Where a deletion is sent. Default `<baseUrl>/keys/<provider>/delete`; `null`: it cannot be deleted. */
  deleteAction?: string | null;
  /** Whether a card that has a key offers to add another with a label. Default false. */
  allowMore?: boolean;
  /** Level of the card's heading. Default 3. */
  headingLevel?: HeadingLevel;
}

/**
 * What is stored for one provider, with forms to replace and delete it, or a form to store a key.
 *
 * @example
 * ```tsx
 * renderToString(<KeyManagementCard provider="openai" storedKey={stored} csrfToken={token} />)
 * ```
 *
 * @publicApi
 */
export function KeyManagementCard(props: KeyManagementCardProps): VNode {
  const { provider, storedKey, keys = storedKey ? [storedKey] : [], providerConfig } = props;
  const { locale, timeZone, messages, now = new Date(), csrfToken, returnTo } = props;
  const { baseUrl, replaceAction, deleteAction, allowMore, headingLevel } = props;
  return (
    <ProviderCard
      {...{ provider, keys, baseUrl, replaceAction, deleteAction, allowMore, headingLevel }}
      reader={{ locale, timeZone, messages, now }}
      state={{ csrfToken, returnTo }}
      t={translator(props)}
      facts={providerConfig}
    />
  );
}
