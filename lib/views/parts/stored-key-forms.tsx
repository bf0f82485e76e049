import type { VNode } from 'preact';
import type { ProviderField } from '../../interfaces/index.js';
import { ValidationMessage } from '../components/validation-message.js';
import { machineTime, type ProviderInfo } from '../format/index.js';
import type { Translate } from '../translate.js';
import { partId } from './dom-id.js';
import { ExtraFields, type StoredFields } from './extra-fields.js';
import { FormState, type HiddenInputsProps } from './form-state.js';
import { KeyFields, LabelField } from './key-fields.js';
import { UNREMEMBERED } from './key-input.js';
import type { StoredKeyView } from './stored-key-view.js';

/** What the forms of a stored key share. @internal */
export interface StoredFormProps {
  /** Ids begin with it. */
  id: string;
  action: string;
  info: ProviderInfo;
  stored: StoredKeyView;
  /** Of the key, for people. */
  name: string;
  hidden: HiddenInputsProps;
  t: Translate;
}

/** @internal */
export interface ReplaceFormProps extends StoredFormProps {
  isOpen: boolean;
  isUnreadable: boolean;
  error: string | undefined;
}

/** Takes a new key in place of the stored one. @internal */
export function ReplaceForm(props: ReplaceFormProps): VNode {
  const { id, action, info, stored, name, hidden, isUnreadable, isOpen, error, t } = props;
  return (
    <details id={partId(id, 'replace')} class="byok-action" open={isOpen}>
      <summary class="byok-btn byok-btn-sm" aria-label={t('replaceKeyOf', { name })}>
        {t('replace')}
      </summary>
      <form class="byok-form" method="post" action={action}>
        <FormState {...hidden} />
        <KeyFields
          {...{ info, t, error }}
          id={partId(id, 'key')}
          fields={info.fields}
          stored={isUnreadable ? undefined : storedFields(stored)}
          showHelp
          help={t(isUnreadable ? 'unreadableReplace' : 'replaceHelp')}
        />
        <button type="submit" class="byok-btn byok-btn-primary byok-btn-sm" aria-label={t('saveKeyOf', { name })}>
          {t('saveKey')}
        </button>
      </form>
    </details>
  );
}

/** Changes what stands beside the key. @internal */
export function EditForm(props: StoredFormProps & { error: string | undefined }): VNode {
  const { id, action, info, stored, name, hidden, error, t } = props;
  const base = partId(id, 'edit');
  const label = stored.label === 'default' ? '' : stored.label;
  const declared = Object.entries(info.fields);
  // With another address goes the key, so that no page can have it sent elsewhere.
  const isAddress = ({ type, inAddress }: ProviderField) => type === 'url' || inAddress === true;
  const fields = Object.fromEntries(declared.filter(([, field]) => !isAddress(field)));
  return (
    <details id={base} class="byok-action" open={error !== undefined}>
      <summary class="byok-btn byok-btn-sm" aria-label={t('editKeyOf', { name })}>
        {t('edit')}
      </summary>
      <form class="byok-form" method="post" action={action}>
        {error && <ValidationMessage message={error} />}
        <FormState {...hidden} />
        <LabelField id={partId(id, 'edit', 'label')} name="new_label" value={label} t={t} />
        <ExpiryField id={partId(id, 'edit', 'expiry')} stored={stored} t={t} />
        <ExtraFields id={base} fields={fields} stored={storedFields(stored)} t={t} />
        {declared.some(([, field]) => isAddress(field)) && <p class="byok-help">{t('addressHelp')}</p>}
        <button type="submit" class="byok-btn byok-btn-primary byok-btn-sm" aria-label={t('saveChangesOf', { name })}>
          {t('saveChanges')}
        </button>
      </form>
    </details>
  );
}

function ExpiryField({ id, stored, t }: { id: string; stored: StoredKeyView; t: Translate }): VNode {
  const helpId = partId(id, 'help');
  const { expiresAt } = stored;
  const day = expiresAt === null || expiresAt === undefined ? undefined : machineTime(expiresAt)?.slice(0, 10);
  return (
    <div class="byok-field">
      <label class="byok-label" for={id}>
        {t('expiresOn')}
        <small> {t('optional')}</small>
      </label>
      <input
        id={id}
        class="byok-input byok-date"
        type="date"
        name="expires_on"
        value={day ?? ''}
        aria-describedby={helpId}
        {...UNREMEMBERED}
      />
      <p id={helpId} class="byok-help">
        {t('expiresOnHelp')}
      </p>
    </div>
  );
}

/** Makes the key the one that is used where no label is named. @internal */
export function DefaultForm({ action, name, hidden, t }: StoredFormProps): VNode {
  return (
    <form method="post" action={action}>
      <FormState {...hidden} />
      <button type="submit" class="byok-btn byok-btn-sm" aria-label={t('makeDefaultOf', { name })}>
        {t('makeDefault')}
      </button>
    </form>
  );
}

/** Asks the provider whether it accepts the key. @internal */
export function CheckForm({ action, name, hidden, t }: StoredFormProps): VNode {
  return (
    <form method="post" action={action}>
      <FormState {...hidden} />
      <button type="submit" class="byok-btn byok-btn-sm" aria-label={t('checkNowOf', { name })}>
        {t('checkNow')}
      </button>
    </form>
  );
}

/** Asks before the key is deleted. @internal */
export function DeleteForm({ action, stored, name, hidden, t }: StoredFormProps): VNode {
  const question = t('deleteKeyOf', { name });
  return (
    <details class="byok-action" data-byok-confirm={t('cancel')}>
      <summary class="byok-btn byok-btn-sm byok-btn-ghost byok-danger" aria-label={question}>
        {t('delete')}
      </summary>
      <form class="byok-form" method="post" action={action}>
        <FormState {...hidden} />
        <p>{t('deleteQuestion', { hint: stored.hint ?? '…', name })}</p>
        <button type="submit" class="byok-btn byok-btn-error byok-btn-sm">
          {question}
        </button>
      </form>
    </details>
  );
}

function storedFields({ fieldNames = [], visibleFields = {} }: StoredKeyView): StoredFields {
  return { names: fieldNames, values: visibleFields };
}
