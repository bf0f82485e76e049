import { keyForm } from '../components/key-input-form.js';
import { getProviderInfo, type ProviderFacts } from '../format/index.js';
import type { ReaderProps, Translate } from '../messages/index.js';
import { domId, partId } from './dom-id.js';
import type { FormStateProps } from './form-state.js';
import { heading, type HeadingLevel } from './heading.js';
import { keyUrl } from './key-urls.js';
import { attributes, markup, type Markup } from './markup.js';
import { safeUrl } from './safe-url.js';
import { storedKeyItem, type StoredKeyView } from './stored-key-item.js';

/** A form that was refused, and why. @publicApi */
export interface Refusal {
  provider: string;
  /** `undefined`: of the key without one. */
  label?: string;
  message: string;
  /** Whether it was a form in which the provider is chosen, and not one of its card. */
  chosen?: boolean;
}

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
  refusal?: Refusal;
}

/** The card of one provider. @internal */
export function providerCard(provider: string, keys: readonly StoredKeyView[], settings: CardSettings): Markup {
  const { reader, state, t, facts, baseUrl, allowMore = false, headingLevel = 3 } = settings;
  const info = getProviderInfo(provider, facts, reader);
  const url = keyUrl(provider, baseUrl);
  const replaceAction = safeUrl(settings.replaceAction === undefined ? url : settings.replaceAction);
  const deleteAction = safeUrl(settings.deleteAction === undefined ? `${url}/delete` : settings.deleteAction);
  const { provider: refused, chosen } = settings.refusal ?? {};
  const refusal = refused === provider && !chosen ? settings.refusal : undefined;
  const isStored = keys.some(({ label }) => plainLabel(label) === plainLabel(refusal?.label));
  const id = domId('byok-card', provider);
  const form = (formId: string, error: string | undefined, adds: boolean): Markup =>
    keyForm({
      id: formId,
      info,
      t,
      action: replaceAction,
      state,
      fields: info.fields,
      showHelp: true,
      adds,
      askLabel: adds,
      needsLabel: keys.some(({ label }) => plainLabel(label) === 'default'),
      error,
    });
  const titleId = partId(id, 'title');
  const title = heading(headingLevel, info.name, titleId);
  if (keys.length === 0) {
    return markup`
      <section id="${id}" class="byok byok-card" aria-labelledby="${titleId}">
        <div class="byok-card-head">
          ${title}
          <span class="byok-badge byok-badge-ghost byok-badge-sm">${t('statusNone')}</span>
        </div>
        <p class="byok-help">${t('noKey')}</p>
        ${replaceAction !== undefined && form(domId('byok-key', provider), refusal?.message, false)}
      </section>`;
  }
  const items = keys.map((stored) =>
    storedKeyItem({
      stored,
      provider,
      info,
      replaceAction,
      deleteAction,
      state,
      reader,
      t,
      error: refusal && plainLabel(stored.label) === plainLabel(refusal.label) ? refusal.message : undefined,
    }),
  );
  return markup`
    <section id="${id}" class="byok byok-card" aria-labelledby="${titleId}">
      ${title}
      <ul class="byok-keys">${items}</ul>
      ${
        allowMore &&
        replaceAction !== undefined &&
        markup`
        <details id="${partId(id, 'more')}" class="byok-action" ${attributes({ open: refusal !== undefined && !isStored })}>
          <summary class="byok-summary" aria-label="${t('addAnotherFor', { name: info.name })}">
            ${t('addAnother')}
          </summary>
          ${form(domId('byok-more', provider), isStored ? undefined : refusal?.message, true)}
        </details>`
      }
    </section>`;
}

function plainLabel(label: string | undefined): string {
  return label ?? 'default';
}
