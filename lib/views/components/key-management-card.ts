import type { VNode } from 'preact';
import type { ProviderFacts } from '../format/index.js';
import { type ReaderProps, translator } from '../messages/index.js';
import type { FormStateProps } from '../parts/form-state.js';
import type { HeadingLevel } from '../parts/heading.js';
import { asElement } from '../parts/markup.js';
import { providerCard } from '../parts/provider-card.js';
import type { StoredKeyView } from '../parts/stored-key-item.js';

/** Properties of {@link KeyManagementCard}. @publicApi */
export interface KeyManagementCardProps extends ReaderProps, FormStateProps {
  provider: string;
  /** What is stored; without it, `keys` or `storedKey` the card asks for a key. */
  key?: StoredKeyView | null;
  /** The same as `key`, for those who would rather not give a component a `key`. */
  storedKey?: StoredKeyView | null;
  /** Several keys of the provider, told apart by label. */
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
export function KeyManagementCard(this: unknown, props: KeyManagementCardProps): VNode {
  const { locale, timeZone, messages, now = new Date(), csrfToken, returnTo } = props;
  const one = props.storedKey ?? props.key ?? keyOfElement(this);
  const card = providerCard(props.provider, props.keys ?? (one ? [one] : []), {
    reader: { locale, timeZone, messages, now },
    state: { csrfToken, returnTo },
    t: translator(props),
    facts: props.providerConfig,
    baseUrl: props.baseUrl,
    replaceAction: props.replaceAction,
    deleteAction: props.deleteAction,
    allowMore: props.allowMore,
    headingLevel: props.headingLevel,
  });
  return asElement(card);
}

/** JSX and `h()` keep `key` to themselves; it is then on the element that is being rendered. */
function keyOfElement(component: unknown): StoredKeyView | undefined {
  const element = (component as { __v?: { key?: unknown } } | undefined)?.__v;
  const key = element?.key;
  return typeof key === 'object' && key !== null ? key : undefined;
}
