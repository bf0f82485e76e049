import type { StoredKey } from '../../interfaces/index.js';
import {
  formatKeyAge,
  formatMoment,
  machineTime,
  type Moment,
  type ProviderInfo,
  timeLeft,
  timeOf,
} from '../format/index.js';
import type { ReaderProps, Translate } from '../messages/index.js';
import { domId, partId } from './dom-id.js';
import { formState, type FormStateProps } from './form-state.js';
import { keyFields } from './key-fields.js';
import { attributes, markup, type Markup } from './markup.js';

/** What is shown of a stored key: a `StoredKey`, or what the JSON API gives of it. @publicApi */
export interface StoredKeyView {
  /** Default `'default'`, and then not shown. */
  label?: string;
  /** `…` and the last characters. Never the key. */
  hint?: string;
  createdAt?: Moment | null;
  updatedAt?: Moment | null;
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
export function storedKeyItem(item: StoredKeyItem): Markup {
  const { stored, provider, info, t, reader, replaceAction, deleteAction } = item;
  const { hint = '…', fields = [], createdAt, updatedAt, expiresAt, lastUsedAt } = stored;
  const label = stored.label === 'default' ? undefined : stored.label;
  const id = domId('byok-stored', provider, label);
  const name = label === undefined ? info.name : t('labelled', { name: info.name, label });
  const status = statusOf(stored, reader);
  const forms = { id, name, hint, hidden: formState(item.state, label) };
  return markup`
    <li class="byok-key">
      <p class="byok-key-head">
        <code class="byok-hint">${hint}</code>
        ${label !== undefined && markup`<span class="byok-key-label">${label}</span>`}
        <span class="byok-badge byok-badge-soft byok-badge-sm ${BADGES[status].look}">${t(BADGES[status].text)}</span>
      </p>
      ${status === 'unreadable' && markup`<p class="byok-help">${t('unreadableHelp')}</p>`}
      <dl class="byok-facts">
        ${isThere(createdAt) && fact(t('added'), createdAt, formatKeyAge(createdAt, reader), reader)}
        ${replaced(stored) && fact(t('replaced'), updatedAt, formatKeyAge(updatedAt!, reader), reader)}
        ${expiryFact(expiresAt, reader, t)}
        ${fact(t('lastUsed'), lastUsedAt, lastUsedAt ? formatKeyAge(lastUsedAt, reader) : t('never'), reader)}
        ${fields.length > 0 && fact(t('extraValues'), undefined, fields.join(', '), reader)}
      </dl>
      ${
        (replaceAction ?? deleteAction) !== undefined &&
        markup`
        <div class="byok-actions">
          ${replaceAction !== undefined && replaceForm(item, forms)}
          ${deleteAction !== undefined && deleteForm(item, forms)}
        </div>`
      }
    </li>`;
}

/** What the two forms of an item have in common. */
interface ItemForm {
  id: string;
  name: string;
  hint: string;
  hidden: Markup;
}

function replaceForm({ replaceAction, info, t, error }: StoredKeyItem, { id, name, hidden }: ItemForm): Markup {
  return markup`
    <details id="${partId(id, 'replace')}" class="byok-action" ${attributes({ open: error !== undefined })}>
      <summary class="byok-btn byok-btn-sm" aria-label="${t('replaceKeyOf', { name })}">${t('replace')}</summary>
      <form class="byok-form" method="post" action="${replaceAction}">
        ${hidden}
        ${keyFields({ id, info, t, fields: info.fields, showHelp: true, help: t('replaceHelp'), error })}
        <button type="submit" class="byok-btn byok-btn-primary byok-btn-sm" aria-label="${t('saveKeyOf', { name })}">
          ${t('saveKey')}
        </button>
      </form>
    </details>`;
}

function deleteForm({ deleteAction, t }: StoredKeyItem, { hint, name, hidden }: ItemForm): Markup {
  const question = t('deleteKeyOf', { name });
  return markup`
    <details class="byok-action" data-byok-confirm="${t('cancel')}">
      <summary class="byok-btn byok-btn-sm byok-btn-ghost" aria-label="${question}">${t('delete')}</summary>
      <form class="byok-form" method="post" action="${deleteAction}">
        ${hidden}
        <p>${t('deleteQuestion', { hint, name })}</p>
        <button type="submit" class="byok-btn byok-btn-error byok-btn-sm">${question}</button>
      </form>
    </details>`;
}

function statusOf({ status, expiresAt }: StoredKeyView, { now = new Date() }: ReaderProps): StoredKey['status'] {
  if (status !== undefined && Object.hasOwn(BADGES, status)) return status;
  return expiresAt && timeOf(expiresAt) <= now.getTime() ? 'expired' : 'active';
}

function replaced({ createdAt, updatedAt }: StoredKeyView): boolean {
  return isThere(updatedAt) && (!isThere(createdAt) || timeOf(updatedAt) > timeOf(createdAt));
}

function expiryFact(expiresAt: Moment | null | undefined, reader: ReaderProps, t: Translate): Markup {
  if (expiresAt === null || expiresAt === undefined) return fact(t('expires'), expiresAt, t('never'), reader);
  const left = timeLeft(expiresAt, reader);
  if (left === null) return fact(t('expired'), expiresAt, formatKeyAge(expiresAt, reader), reader);
  if (left === undefined) return fact(t('expires'), undefined, t('unknown'), reader);
  if (left.date === undefined) return fact(t('expires'), expiresAt, left.when, reader);
  // The day is said; so far ahead, nobody asks for the minute.
  const text = t('whenOn', { when: left.when, date: left.date });
  return markup`<dt>${t('expires')}</dt><dd><time datetime="${machineTime(expiresAt)}">${text}</time></dd>`;
}

function isThere(moment: Moment | null | undefined): moment is Moment {
  return moment !== null && moment !== undefined;
}

function fact(term: string, moment: Moment | null | undefined, text: string, reader: ReaderProps): Markup {
  const full = isThere(moment) ? formatMoment(moment, reader) : undefined;
  if (full === undefined) return markup`<dt>${term}</dt><dd>${text}</dd>`;
  return markup`<dt>${term}</dt><dd><time datetime="${machineTime(moment!)}" title="${full}">${text}</time></dd>`;
}
