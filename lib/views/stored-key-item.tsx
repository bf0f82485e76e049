import type { VNode } from 'preact';
import type { StoredKey } from '../interfaces/index.js';
import { domId } from './dom-id.js';
import { formState, type FormStateProps } from './form-state.js';
import { formatKeyAge, formatMoment, timeLeft, timeOf, type Moment, type ProviderInfo } from './format/index.js';
import { keyFields } from './key-fields.js';
import type { ReaderProps, Translate } from './messages/index.js';

/** What is shown of a stored key: a `StoredKey`, or what the JSON API gives of it. @publicApi */
export interface StoredKeyView {
  /** Default `'default'`, and then not shown. */
  label?: string;
  /** `…` and the last characters. Never the key. */
  hint?: string;
  createdAt?: Moment;
  updatedAt?: Moment;
  /** `null`: never. */
  expiresAt?: Moment | null;
  lastUsedAt?: Moment | null;
  /** Names of the extra values. */
  fields?: readonly string[];
  /** Default: by `expiresAt`. */
  status?: StoredKey['status'];
}

/** What an item needs beside its key. @internal */
export interface StoredKeyItem {
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
  /** Why the last key to replace it was refused. */
  error?: string;
}

const BADGES = {
  active: { look: 'byok-badge-success', text: 'statusActive' },
  expired: { look: 'byok-badge-warning', text: 'statusExpired' },
  unreadable: { look: 'byok-badge-error', text: 'statusUnreadable' },
} as const;

/** One stored key in its provider's card. @internal */
export function storedKeyItem(item: StoredKeyItem): VNode {
  const { stored, provider, info, t, reader, state, replaceAction, deleteAction, error } = item;
  const { csrfToken, returnTo } = state;
  const { hint = '…', fields = [], createdAt, updatedAt, expiresAt, lastUsedAt } = stored;
  const label = stored.label === 'default' ? undefined : stored.label;
  const id = domId('byok-stored', provider, label);
  const name = label === undefined ? info.name : t('labelled', { name: info.name, label });
  const status = statusOf(stored, reader);
  return (
    <li key={id} class="byok-key">
      <p class="byok-key-head">
        <code class="byok-hint">{hint}</code>
        {label !== undefined && <span class="byok-key-label">{label}</span>}
        <span class={`byok-badge byok-badge-soft byok-badge-sm ${BADGES[status].look}`}>{t(BADGES[status].text)}</span>
      </p>
      {status === 'unreadable' && <p class="byok-help">{t('unreadableHelp')}</p>}
      <dl class="byok-facts">
        {createdAt !== undefined && fact(t('added'), createdAt, formatKeyAge(createdAt, reader), reader)}
        {replaced(stored) && fact(t('replaced'), updatedAt, formatKeyAge(updatedAt!, reader), reader)}
        {expiryFact(expiresAt, reader, t)}
        {fact(t('lastUsed'), lastUsedAt, lastUsedAt ? formatKeyAge(lastUsedAt, reader) : t('never'), reader)}
        {fields.length > 0 && fact(t('extraValues'), undefined, fields.join(', '), reader)}
      </dl>
      <div class="byok-actions">
        {replaceAction !== undefined && (
          <details id={`${id}-replace`} class="byok-action" open={error !== undefined}>
            <summary class="byok-btn byok-btn-sm" aria-label={t('replaceKeyOf', { name })}>
              {t('replace')}
            </summary>
            <form class="byok-form" method="post" action={replaceAction}>
              {formState({ csrfToken, returnTo, label })}
              {keyFields({ id, info, t, fields: info.fields, showHelp: true, help: t('replaceHelp'), error })}
              <button type="submit" class="byok-btn byok-btn-primary byok-btn-sm" aria-label={t('saveKeyOf', { name })}>
                {t('saveKey')}
              </button>
            </form>
          </details>
        )}
        {deleteAction !== undefined && (
          <details class="byok-action" data-byok-confirm={t('cancel')}>
            <summary class="byok-btn byok-btn-sm byok-btn-ghost" aria-label={t('deleteKeyOf', { name })}>
              {t('delete')}
            </summary>
            <form class="byok-form" method="post" action={deleteAction}>
              {formState({ csrfToken, returnTo, label })}
              <p>{t('deleteQuestion', { hint, name })}</p>
              <button type="submit" class="byok-btn byok-btn-error byok-btn-sm">
                {t('deleteKeyOf', { name })}
              </button>
            </form>
          </details>
        )}
      </div>
    </li>
  );
}

function statusOf({ status, expiresAt }: StoredKeyView, { now = new Date() }: ReaderProps): StoredKey['status'] {
  if (status !== undefined && Object.hasOwn(BADGES, status)) return status;
  return expiresAt && timeOf(expiresAt) <= now.getTime() ? 'expired' : 'active';
}

function replaced({ createdAt, updatedAt }: StoredKeyView): boolean {
  return updatedAt !== undefined && (createdAt === undefined || timeOf(updatedAt) > timeOf(createdAt));
}

function expiryFact(expiresAt: Moment | null | undefined, reader: ReaderProps, t: Translate): VNode[] {
  if (expiresAt === null || expiresAt === undefined) return fact(t('expires'), expiresAt, t('never'), reader);
  const left = timeLeft(expiresAt, reader);
  if (left === null) return fact(t('expired'), expiresAt, formatKeyAge(expiresAt, reader), reader);
  if (left === undefined) return fact(t('expires'), undefined, t('unknown'), reader);
  const text = left.date === undefined ? left.when : t('whenOn', { when: left.when, date: left.date });
  return fact(t('expires'), expiresAt, text, reader);
}

function fact(term: string, moment: Moment | null | undefined, text: string, reader: ReaderProps): VNode[] {
  const full = moment === null || moment === undefined ? undefined : formatMoment(moment, reader);
  const value =
    full === undefined ? (
      text
    ) : (
      <time dateTime={new Date(moment!).toISOString()} title={full}>
        {text}
      </time>
    );
  return [<dt>{term}</dt>, <dd>{value}</dd>];
}
