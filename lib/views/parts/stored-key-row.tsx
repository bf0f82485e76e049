import type { VNode } from 'preact';
import { formatKeyAge, formatMoment, machineTime, type ProviderInfo } from '../format/index.js';
import type { ReaderProps, Translate } from '../translate.js';
import { domId, partId } from './dom-id.js';
import type { FormStateProps } from './form-state.js';
import { KeyFacts } from './key-facts.js';
import type { KeyState } from './key-state.js';
import { forOwner, keyUrl } from './key-urls.js';
import { ProviderTile } from './provider-tile.js';
import { type Refusal, refusalOf } from './refusal.js';
import { safeUrl } from './safe-url.js';
import { CheckForm, DefaultForm, DeleteForm, EditForm, ReplaceForm } from './stored-key-forms.js';
import type { StoredKeyView } from './stored-key-view.js';

/** What all rows of a list share. @internal */
export interface RowSettings {
  reader: ReaderProps;
  state: FormStateProps;
  t: Translate;
  baseUrl?: string;
  /** The kind of owner whose keys they are, if that is not the reader. */
  owner?: string;
  /** `null`: keys cannot be replaced or changed. */
  replaceAction?: string | null;
  /** `null`: keys cannot be deleted. */
  deleteAction?: string | null;
  refusal?: Refusal;
  /** Whether all are of one provider, which is named above them. */
  isOfOne?: boolean;
}

/** Properties of {@link StoredKeyRow}. @internal */
export interface StoredKeyRowProps extends RowSettings {
  stored: StoredKeyView;
  provider: string;
  info: ProviderInfo;
  keyState: KeyState;
  /** Whether the provider has other keys too. */
  isOneOfSeveral: boolean;
}

/** One stored key: what it is, how it is, and its actions behind one disclosure. @internal */
export function StoredKeyRow(props: StoredKeyRowProps): VNode {
  const { stored, info, keyState: state, isOneOfSeveral, reader, t } = props;
  const label = stored.label === 'default' ? undefined : stored.label;
  const name = label === undefined ? info.name : t('labelled', { name: info.name, label });
  return (
    <li class={props.isOfOne ? 'byok-row byok-row-plain' : 'byok-row'}>
      {!props.isOfOne && <ProviderTile name={info.name} />}
      <div class="byok-row-main">
        <p class="byok-row-name">
          {!props.isOfOne && <strong>{info.name}</strong>}
          {label !== undefined && <span class="byok-key-label">{label}</span>}
          {isOneOfSeveral && stored.isDefault && (
            <span class="byok-badge byok-badge-ghost byok-badge-sm">{t('defaultKey')}</span>
          )}
        </p>
        <p class="byok-help">
          <code class="byok-hint">{stored.hint ?? '…'}</code> <LastUse {...{ stored, reader, t }} />
        </p>
      </div>
      <p class="byok-row-state">
        <span class={`byok-badge byok-badge-soft byok-badge-sm byok-badge-${state.look}`}>{state.text}</span>
      </p>
      {state.advice !== undefined && <p class="byok-row-advice">{state.advice}</p>}
      <RowActions {...props} name={name} />
    </li>
  );
}

function LastUse({ stored, reader, t }: Pick<StoredKeyRowProps, 'stored' | 'reader' | 't'>): VNode {
  const { lastUsedAt } = stored;
  const machine = lastUsedAt ? machineTime(lastUsedAt) : undefined;
  if (!lastUsedAt || machine === undefined) return <>{t('neverUsed')}</>;
  return (
    <time dateTime={machine} title={formatMoment(lastUsedAt, reader)}>
      {t('lastUsedWhen', { when: formatKeyAge(lastUsedAt, reader) })}
    </time>
  );
}

interface RowActionsProps extends StoredKeyRowProps {
  name: string;
}

function RowActions(props: RowActionsProps): VNode {
  const { stored, provider, isOneOfSeveral, info, name, reader, t } = props;
  const { advice, look, isUnreadable } = props.keyState;
  const url = keyUrl(provider, props.baseUrl);
  const { owner } = props;
  const replaceAction = safeUrl(props.replaceAction === undefined ? forOwner(url, owner) : props.replaceAction);
  const mayChange = replaceAction !== undefined && safeUrl(url) !== undefined;
  const deleteAction = safeUrl(
    props.deleteAction === undefined ? forOwner(`${url}/delete`, owner) : props.deleteAction,
  );
  const refusal = refusalOf(props.refusal, provider, stored.label);
  const isEdit = refusal?.form === 'edit';
  const id = domId(
    owner === undefined ? 'byok-stored' : `byok-stored-of-${owner}`,
    provider,
    stored.label === 'default' ? undefined : stored.label,
  );
  // Always named: without a label, the default key is meant, which may be another.
  const hidden = { ...props.state, label: stored.label ?? 'default' };
  const form = { id, info, stored, name, hidden, t };
  const canChoose = mayChange && isOneOfSeveral && stored.isDefault === false && look !== 'error';
  return (
    <details id={partId(id, 'actions')} class="byok-row-actions" open={refusal !== undefined}>
      <summary class="byok-btn byok-btn-sm" aria-label={t('manageKeyOf', { name })}>
        {t('manage')}
      </summary>
      <div class="byok-row-body">
        <KeyFacts {...{ stored, reader, t }} fields={info.fields} />
        {(replaceAction ?? deleteAction) !== undefined && (
          <div class="byok-actions">
            {replaceAction !== undefined && (
              <ReplaceForm
                {...form}
                {...{ isUnreadable }}
                action={replaceAction}
                isOpen={refusal ? !isEdit : advice !== undefined}
                error={isEdit ? undefined : refusal?.message}
              />
            )}
            {mayChange && !isUnreadable && (
              <EditForm
                {...form}
                action={forOwner(`${url}/edit`, owner)}
                error={isEdit ? refusal.message : undefined}
              />
            )}
            {mayChange && info.isCheckable && !isUnreadable && (
              <CheckForm {...form} action={forOwner(`${url}/check`, owner)} />
            )}
            {canChoose && <DefaultForm {...form} action={forOwner(`${url}/default`, owner)} />}
            {deleteAction !== undefined && <DeleteForm {...form} action={deleteAction} />}
          </div>
        )}
      </div>
    </details>
  );
}
