import type { VNode } from 'preact';
import { domId } from './dom-id.js';
import type { FormStateProps } from './form-state.js';
import { getProviderInfo, type ProviderFacts } from './format/index.js';
import { heading, type HeadingLevel } from './heading.js';
import { KeyInputForm } from './key-input-form.js';
import { translator, type ReaderProps } from './messages/index.js';
import { safeUrl } from './safe-url.js';
import { storedKeyItem, type StoredKeyView } from './stored-key-item.js';

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
 * renderToString(<KeyManagementCard provider="openai" storedKey={stored} csrfToken={token} />)
 *
 * @publicApi
 */
export function KeyManagementCard(this: unknown, props: KeyManagementCardProps): VNode {
  const { provider, providerConfig, baseUrl = '/byok', allowMore = false, headingLevel = 3 } = props;
  const { locale, timeZone, messages, csrfToken, returnTo } = props;
  const t = translator(props);
  const reader = { locale, timeZone, messages, now: props.now ?? new Date() };
  const state = { csrfToken, returnTo };
  const info = getProviderInfo(provider, providerConfig, props);
  const url = `${baseUrl.replace(/\/+$/, '')}/keys/${encodeURIComponent(provider)}`;
  const replaceAction = safeUrl(props.replaceAction === undefined ? url : props.replaceAction);
  const deleteAction = safeUrl(props.deleteAction === undefined ? `${url}/delete` : props.deleteAction);
  const one = props.storedKey ?? props.key ?? keyOfElement(this);
  const keys = props.keys ?? (one ? [one] : []);
  const id = domId('byok-card', provider);
  const form = { ...reader, ...state, provider, providerConfig, action: replaceAction };
  return (
    <section id={id} class="byok byok-card" tabIndex={-1} aria-labelledby={`${id}-title`}>
      <div class="byok-card-head">
        {heading(headingLevel, { id: `${id}-title`, class: 'byok-title', children: info.name })}
        {keys.length === 0 && <span class="byok-badge byok-badge-ghost byok-badge-sm">{t('statusNone')}</span>}
      </div>
      {keys.length === 0 && <p class="byok-help">{t('noKey')}</p>}
      {keys.length === 0 && replaceAction !== undefined && KeyInputForm(form)}
      {keys.length > 0 && (
        <ul class="byok-keys">
          {keys.map((stored) =>
            storedKeyItem({ stored, provider, info, replaceAction, deleteAction, state, reader, t }),
          )}
        </ul>
      )}
      {keys.length > 0 && allowMore && replaceAction !== undefined && (
        <details id={`${id}-more`} class="byok-action">
          <summary class="byok-summary" aria-label={t('addAnotherFor', { name: info.name })}>
            {t('addAnother')}
          </summary>
          {KeyInputForm({ ...form, askLabel: true, id: domId('byok-more', provider) })}
        </details>
      )}
    </section>
  );
}

/** JSX and `h()` keep `key` to themselves; it is then on the element that is being rendered. */
function keyOfElement(component: unknown): StoredKeyView | undefined {
  const element = (component as { __v?: { key?: unknown } } | undefined)?.__v;
  const key = element?.key;
  return typeof key === 'object' && key !== null ? key : undefined;
}
