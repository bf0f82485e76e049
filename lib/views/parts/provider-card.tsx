import type { VNode } from 'preact';
import { KeyForm } from '../components/key-input-form.js';
import { getProviderInfo, type ProviderFacts } from '../format/index.js';
import type { ReaderProps, Translate } from '../translate.js';
import { domId, partId } from './dom-id.js';
import type { FormStateProps } from './form-state.js';
import { Heading, type HeadingLevel } from './heading.js';
import { keyUrl } from './key-urls.js';
import { safeUrl } from './safe-url.js';
import { StoredKeyItem } from './stored-key-item.js';
import type { StoredKeyView } from './stored-key-view.js';

/** A form that was refused, and why. @publicApi */
export interface Refusal {
  provider: string;
  /** Default: the key without a label. */
  label?: string;
  message: string;
  /** Whether it was the form in which the user chooses the provider, not a form of the provider's card. */
  chosen?: boolean;
}

/** The properties that all cards of a dashboard share. @internal */
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

/** Properties of {@link ProviderCard}. @internal */
export interface ProviderCardProps extends CardSettings {
  provider: string;
  keys: readonly StoredKeyView[];
}

/** The card of one provider. @internal */
export function ProviderCard(props: ProviderCardProps): VNode {
  const { provider, keys, reader, state, t, facts, allowMore = false, headingLevel = 3 } = props;
  const info = getProviderInfo(provider, facts, reader);
  const url = keyUrl(provider, props.baseUrl);
  const replaceAction = safeUrl(props.replaceAction === undefined ? url : props.replaceAction);
  const deleteAction = safeUrl(props.deleteAction === undefined ? `${url}/delete` : props.deleteAction);
  const refusal = props.refusal?.provider === provider && !props.refusal.chosen ? props.refusal : undefined;
  const isRefused = ({ label }: { label?: string }) => plainLabel(label) === plainLabel(refusal?.label);
  const isStored = keys.some(isRefused);
  const id = domId('byok-card', provider);
  const titleId = partId(id, 'title');
  const title = (
    <Heading level={headingLevel} id={titleId}>
      {info.name}
    </Heading>
  );
  const form = { info, t, action: replaceAction, state, fields: info.fields, showHelp: true };
  if (keys.length === 0) {
    return (
      <section id={id} class="byok byok-card" aria-labelledby={titleId}>
        <div class="byok-card-head">
          {title}
          <span class="byok-badge byok-badge-ghost byok-badge-sm">{t('statusNone')}</span>
        </div>
        <p class="byok-help">{t('noKey')}</p>
        {replaceAction !== undefined && <KeyForm {...form} id={domId('byok-key', provider)} error={refusal?.message} />}
      </section>
    );
  }
  return (
    <section id={id} class="byok byok-card" aria-labelledby={titleId}>
      {title}
      <ul class="byok-keys">
        {keys.map((stored) => (
          <StoredKeyItem
            {...{ stored, provider, info, replaceAction, deleteAction, state, reader, t }}
            error={isRefused(stored) ? refusal?.message : undefined}
          />
        ))}
      </ul>
      {allowMore && replaceAction !== undefined && (
        <details id={partId(id, 'more')} class="byok-action" open={refusal !== undefined && !isStored}>
          <summary class="byok-summary" aria-label={t('addAnotherFor', { name: info.name })}>
            {t('addAnother')}
          </summary>
          <KeyForm
            {...form}
            id={domId('byok-more', provider)}
            adds
            askLabel
            needsLabel={keys.some(({ label }) => plainLabel(label) === 'default')}
            error={isStored ? undefined : refusal?.message}
          />
        </details>
      )}
    </section>
  );
}

function plainLabel(label: string | undefined): string {
  return label ?? 'default';
}
