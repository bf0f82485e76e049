import type { VNode } from 'preact';
import { domId } from './dom-id.js';
import type { FormStateProps } from './form-state.js';
import { getProviderInfo, type ProviderFacts } from './format/index.js';
import { heading, type HeadingLevel } from './heading.js';
import { KeyInputForm, type KeyInputFormProps } from './key-input-form.js';
import { keyUrl } from './key-urls.js';
import type { ReaderProps, Translate } from './messages/index.js';
import { safeUrl } from './safe-url.js';
import { storedKeyItem, type StoredKeyView } from './stored-key-item.js';

/** What the cards of one dashboard have in common. @internal */
export interface CardSettings {
  reader: ReaderProps;
  state: FormStateProps;
  t: Translate;
  facts?: ProviderFacts;
  baseUrl?: string;
  replaceAction?: string | null;
  deleteAction?: string | null;
  allowMore?: boolean;
  headingLevel?: HeadingLevel;
}

/** The card of one provider. @internal */
export function providerCard(provider: string, keys: readonly StoredKeyView[], settings: CardSettings): VNode {
  const { reader, state, t, facts, baseUrl, allowMore = false, headingLevel = 3 } = settings;
  const info = getProviderInfo(provider, facts, reader);
  const url = keyUrl(provider, baseUrl);
  const replaceAction = safeUrl(settings.replaceAction === undefined ? url : settings.replaceAction);
  const deleteAction = safeUrl(settings.deleteAction === undefined ? `${url}/delete` : settings.deleteAction);
  const id = domId('byok-card', provider);
  const form = (more?: Partial<KeyInputFormProps>): VNode =>
    KeyInputForm({ ...reader, ...state, provider, providerConfig: facts, action: replaceAction, ...more });
  const title = heading(headingLevel, { id: `${id}-title`, class: 'byok-title', children: info.name });
  return (
    <section id={id} class="byok byok-card" aria-labelledby={`${id}-title`}>
      {keys.length > 0 ? (
        title
      ) : (
        <div class="byok-card-head">
          {title}
          <span class="byok-badge byok-badge-ghost byok-badge-sm">{t('statusNone')}</span>
        </div>
      )}
      {keys.length === 0 && <p class="byok-help">{t('noKey')}</p>}
      {keys.length === 0 && replaceAction !== undefined && form()}
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
          {form({ askLabel: true, id: domId('byok-more', provider) })}
        </details>
      )}
    </section>
  );
}
