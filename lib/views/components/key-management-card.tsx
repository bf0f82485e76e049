import type { VNode } from 'preact';
import { getProviderInfo, type ProviderFacts } from '../format/index.js';
import { type ReaderProps, translator } from '../translate.js';
import { domId, partId } from '../parts/dom-id.js';
import type { FormStateProps } from '../parts/form-state.js';
import { Heading, type HeadingLevel } from '../parts/heading.js';
import { KeyList } from '../parts/key-list.js';
import { keyUrl } from '../parts/key-urls.js';
import { type Refusal, refusalOf } from '../parts/refusal.js';
import { safeUrl } from '../parts/safe-url.js';
import type { StoredKeyView } from '../parts/stored-key-view.js';
import { KeyForm } from './key-input-form.js';

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
  /** Where a new key is sent. Default `<baseUrl>/keys/<provider>`; `null`: it cannot be replaced or changed. */
  replaceAction?: string | null;
  /** Where a deletion is sent. Default `<baseUrl>/keys/<provider>/delete`; `null`: it cannot be deleted. */
  deleteAction?: string | null;
  /** Whether a card that has a key offers to add another with a label. Default false. */
  allowMore?: boolean;
  /** Level of the card's heading. Default 3. */
  headingLevel?: HeadingLevel;
  /** A form that was refused; if it was one of this card, the reason stands in it, and it is open. */
  refusal?: Refusal;
}

/**
 * What is stored for one provider, with forms to replace, edit and delete it, or a form to store a key.
 *
 * @example
 * ```tsx
 * renderToString(<KeyManagementCard provider="openai" storedKey={stored} csrfToken={token} />)
 * ```
 *
 * @publicApi
 */
export function KeyManagementCard(props: KeyManagementCardProps): VNode {
  const { provider, storedKey, keys = storedKey ? [storedKey] : [], providerConfig, baseUrl } = props;
  const { locale, timeZone, messages, now = new Date(), csrfToken, returnTo } = props;
  const { replaceAction, deleteAction, headingLevel = 3, refusal } = props;
  const reader = { locale, timeZone, messages, now };
  const state = { csrfToken, returnTo };
  const t = translator(props);
  const info = getProviderInfo(provider, providerConfig, reader);
  const id = domId('byok-card', provider);
  const titleId = partId(id, 'title');
  const action = safeUrl(replaceAction === undefined ? keyUrl(provider, baseUrl) : replaceAction);
  const isOfRow = keys.some(({ label }) => refusalOf(refusal, provider, label) !== undefined);
  const error = refusal?.provider === provider && !isOfRow ? refusal.message : undefined;
  const form = { info, t, action, state, error, fields: info.fields, showHelp: true };
  return (
    <section id={id} class="byok byok-card" aria-labelledby={titleId}>
      <Heading level={headingLevel} id={titleId}>
        {info.name}
      </Heading>
      {keys.length === 0 ? (
        <p class="byok-help">{t('noKey')}</p>
      ) : (
        <KeyList
          {...{ reader, state, t, baseUrl, replaceAction, deleteAction, refusal }}
          isOfOne
          labelledBy={titleId}
          facts={providerConfig}
          keys={keys.map((stored) => ({ ...stored, provider }))}
        />
      )}
      {keys.length === 0 && action !== undefined && <KeyForm {...form} id={domId('byok-key', provider)} />}
      {keys.length > 0 && action !== undefined && props.allowMore && (
        <details id={partId(id, 'more')} class="byok-action" open={error !== undefined}>
          <summary class="byok-summary" aria-label={t('addAnotherFor', { name: info.name })}>
            {t('addAnother')}
          </summary>
          <KeyForm
            {...form}
            id={domId('byok-more', provider)}
            adds
            askLabel
            needsLabel={keys.some(({ label = 'default' }) => label === 'default')}
          />
        </details>
      )}
    </section>
  );
}
