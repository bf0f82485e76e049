import type { VNode } from 'preact';
import type { StoredKey } from '../../interfaces/index.js';
import { type ProviderInfo, timeOf } from '../format/index.js';
import type { ReaderProps, Translate } from '../translate.js';
import { domId, partId } from './dom-id.js';
import { FormState, type FormStateProps, type HiddenInputsProps } from './form-state.js';
import { KeyFacts } from './key-facts.js';
import { KeyFields } from './key-fields.js';
import type { StoredKeyView } from './stored-key-view.js';

/** Properties of {@link StoredKeyItem}. @internal */
export interface StoredKeyItemProps {
  stored: StoredKeyView;
  provider: string;
  info: ProviderInfo;
  /** `undefined`: cannot be replaced. */
  replaceAction: string | undefined;
  /** `undefined`: cannot be deleted. */
  deleteAction: string | undefined;
  state: FormStateProps;
  reader: ReaderProps;
  t: Translate;
  /** Why the last key that was to replace it was refused. */
  error?: string;
}

const BADGES = {
  active: { look: 'byok-badge-success', text: 'statusActive' },
  expired: { look: 'byok-badge-warning', text: 'statusExpired' },
  unreadable: { look: 'byok-badge-error', text: 'statusUnreadable' },
} as const;

/** One stored key in its provider's card. @internal */
export function StoredKeyItem(props: StoredKeyItemProps): VNode {
  const { stored, provider, info, t, reader, replaceAction, deleteAction, error } = props;
  const { hint = '…' } = stored;
  const label = stored.label === 'default' ? undefined : stored.label;
  const name = label === undefined ? info.name : t('labelled', { name: info.name, label });
  const status = statusOf(stored, reader);
  // Always named: without a label, the default key is meant, which may be another.
  const hidden = { ...props.state, label: stored.label ?? 'default' };
  return (
    <li class="byok-key">
      <p class="byok-key-head">
        <code class="byok-hint">{hint}</code>
        {label !== undefined && <span class="byok-key-label">{label}</span>}
        <span class={`byok-badge byok-badge-soft byok-badge-sm ${BADGES[status].look}`}>{t(BADGES[status].text)}</span>
      </p>
      {status === 'unreadable' && <p class="byok-help">{t('unreadableHelp')}</p>}
      <KeyFacts {...{ stored, reader, t }} />
      {(replaceAction ?? deleteAction) !== undefined && (
        <div class="byok-actions">
          {replaceAction !== undefined && (
            <ReplaceForm
              {...{ info, name, hidden, t, error }}
              id={domId('byok-stored', provider, label)}
              action={replaceAction}
            />
          )}
          {deleteAction !== undefined && <DeleteForm {...{ name, hint, hidden, t }} action={deleteAction} />}
        </div>
      )}
    </li>
  );
}

interface ItemFormProps {
  action: string;
  /** Of the key, for people. */
  name: string;
  hidden: HiddenInputsProps;
  t: Translate;
}

interface ReplaceFormProps extends ItemFormProps {
  id: string;
  info: ProviderInfo;
  error: string | undefined;
}

function ReplaceForm({ id, info, action, name, hidden, t, error }: ReplaceFormProps): VNode {
  return (
    <details id={partId(id, 'replace')} class="byok-action" open={error !== undefined}>
      <summary class="byok-btn byok-btn-sm" aria-label={t('replaceKeyOf', { name })}>
        {t('replace')}
      </summary>
      <form class="byok-form" method="post" action={action}>
        <FormState {...hidden} />
        <KeyFields {...{ id, info, t, error }} fields={info.fields} showHelp help={t('replaceHelp')} />
        <button type="submit" class="byok-btn byok-btn-primary byok-btn-sm" aria-label={t('saveKeyOf', { name })}>
          {t('saveKey')}
        </button>
      </form>
    </details>
  );
}

function DeleteForm({ action, name, hint, hidden, t }: ItemFormProps & { hint: string }): VNode {
  const question = t('deleteKeyOf', { name });
  return (
    <details class="byok-action" data-byok-confirm={t('cancel')}>
      <summary class="byok-btn byok-btn-sm byok-btn-ghost" aria-label={question}>
        {t('delete')}
      </summary>
      <form class="byok-form" method="post" action={action}>
        <FormState {...hidden} />
        <p>{t('deleteQuestion', { hint, name })}</p>
        <button type="submit" class="byok-btn byok-btn-error byok-btn-sm">
          {question}
        </button>
      </form>
    </details>
  );
}

function statusOf({ status, expiresAt }: StoredKeyView, { now = new Date() }: ReaderProps): StoredKey['status'] {
  if (status !== undefined && Object.hasOwn(BADGES, status)) return status;
  return expiresAt && timeOf(expiresAt) <= now.getTime() ? 'expired' : 'active';
}
